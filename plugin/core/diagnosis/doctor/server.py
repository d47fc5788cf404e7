"""Checks of Musubi itself, which whoever runs it can mend."""

from plugin.core.diagnosis.doctor.cause import Causes, Mend, failing, fine, off, unknown
from plugin.core.text.sentences import N_

CLOCK: Causes = {
    "ok": fine(N_("Musubi's clock agrees with those of the platforms and the database.")),
    "wrong": failing(
        N_(
            "Musubi's clock and that of the platforms differ by %(seconds)s seconds. HubSpot"
            " accepts no signature beyond 300."
        ),
        Mend(N_("Set the machine's clock by NTP.")),
    ),
    "database": failing(
        N_("The clocks of Musubi and its database differ by %(seconds)s seconds."),
        Mend(N_("Set the clocks of both machines by NTP.")),
    ),
    "no_witness": unknown(
        N_("No platform answered that could be compared with."), Mend(N_("Check again later."))
    ),
}
ADDRESS: Causes = {
    "ok": fine(N_("Musubi answers at %(address)s.")),
    "unreachable": failing(
        N_("%(address)s cannot be reached from Musubi's own machine."),
        Mend(N_("Compare BASE_URL, the DNS entry and the proxy in front of Musubi.")),
        Mend(
            N_(
                "Some networks do not let a machine reach its own public address. If LINE's test"
                " event arrives, that is all."
            )
        ),
    ),
    "certificate": failing(
        N_("The certificate of %(address)s is not accepted, so HubSpot and LINE do not call."),
        Mend(
            N_(
                "Give the proxy a certificate of a public authority for this name, with its whole"
                " chain, and look whether it has expired."
            )
        ),
    ),
    "plain": failing(
        N_("BASE_URL is %(address)s; HubSpot and LINE call https addresses only."),
        Mend(N_("Set BASE_URL to the public https address, and restart Musubi.")),
    ),
    "another": failing(
        N_("Something else than Musubi answers at %(address)s (%(status)s)."),
        Mend(N_("Let the proxy hand every call on to Musubi, also that of /healthz.")),
    ),
}
SCHEDULER: Causes = {
    "ok": fine(N_("The scheduler is at work.")),
    "silent": failing(
        N_("No scheduler is at work, so nothing is sent, written or read in the background."),
        Mend(N_("Start one process with SCHEDULER=on, and look into its log.")),
    ),
}
JOBS: Causes = {
    "ok": fine(N_("No work is late.")),
    "late": failing(
        N_("Work has been waiting for %(minutes)s minutes."),
        Mend(N_("Look whether the worker process runs, and into its log.")),
    ),
    "failed": failing(
        N_("Work that has failed for good: %(count)s"),
        Mend(N_("Look at them in the Log: run them again, or drop them."), "failed_jobs"),
    ),
}
DATABASE: Causes = {
    "ok": fine(N_("The database has the tables of this version.")),
    "behind": failing(
        N_("The database has the tables of another version (%(revision)s)."),
        Mend(N_("Run “flask --app app db upgrade”, or start the newest Musubi.")),
    ),
}
MAIL: Causes = {
    "ok": fine(N_("The mail server takes Musubi's mail.")),
    "none": off(
        N_("No mail server is set up. Friends cannot prove an address that they type."),
        Mend(N_("Set SMTP_URL and MAIL_FROM, and restart Musubi.")),
    ),
    "unreachable": failing(
        N_("The mail server cannot be reached, or does not answer as one."),
        Mend(N_("Compare SMTP_URL with what your mail provider says: name, port, TLS.")),
    ),
    "refused": failing(
        N_("The mail server does not accept Musubi's name and password, or has no TLS."),
        Mend(N_("Compare name and password in SMTP_URL; special signs are percent-encoded there.")),
    ),
}
