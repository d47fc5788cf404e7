import pytest

from tests.house.proportion import Proportion, measure

MEASURED = pytest.StashKey[Proportion]()


@pytest.fixture(scope="session")
def proportion(pytestconfig: pytest.Config) -> Proportion:
    """The measure of the whole code; said at the end of the run, whatever the verdict."""
    pytestconfig.stash[MEASURED] = measured = measure()
    return measured


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if MEASURED in config.stash:
        terminalreporter.write_line(f"house: {config.stash[MEASURED]}")
