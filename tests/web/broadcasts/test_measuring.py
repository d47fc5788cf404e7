"""The settings of what is measured, and pages whose cost does not grow with what they show."""

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Installation, SyncedProperty, db
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import create_draft
from tests.services.broadcasts.test_campaigns import make_campaign
from tests.support.world import Tenant, World, sql_of
from tests.web.broadcasts.drafts import begin, kept, post, written
from tests.web.broadcasts.test_sending import crowd, send, two_friends
from tests.web.pages import marks


def without_scopes(world: World, tenant: Tenant, part: str) -> None:
    with world.app.app_context(), transaction():
        installation = db.session.get_one(Installation, tenant.installation_id)
        installation.scopes = [scope for scope in installation.scopes if part not in scope]


def test_a_campaign_is_chosen_and_stays(world: World, alice: Tenant) -> None:
    campaign_id = make_campaign(world, "Winter", "winter_2026")
    path = begin(world, alice)
    page = alice.walker.go(f"{world.url}{path}/when")
    assert "Winter" in page.text
    post(alice.walker, f"{path}/when", campaign=campaign_id)
    assert kept(world).campaign == {"id": campaign_id, "name": "Winter", "utm": "winter_2026"}
    alice.walker.go(f"{world.url}{path}/when")
    page = post(alice.walker, f"{path}/when", campaign="999")
    assert "error-campaign" in marks(page)
    post(alice.walker, f"{path}/when", campaign="")
    assert kept(world).campaign is None


def test_a_scope_that_is_missing_is_named(world: World, alice: Tenant) -> None:
    without_scopes(world, alice, "campaigns")
    without_scopes(world, alice, "deals")
    path = begin(world, alice)
    page = alice.walker.go(f"{world.url}{path}/when")
    assert "marketing.campaigns.read" in page.text
    page = post(alice.walker, f"{path}/when", goal="deal", goal_days="7")
    assert page.status == 422
    assert "crm.objects.deals.read" in page.text
    assert kept(world).goal is None


def test_the_list_asks_as_little_for_many_as_for_few(world: World, alice: Tenant) -> None:
    begin(world, alice)
    with sql_of(world) as few:
        alice.walker.go(f"{world.url}/broadcasts")
    with world.app.app_context():
        for number in range(40):
            create_draft(world.account(alice), f"Broadcast {number}")
    with sql_of(world) as many:
        page = alice.walker.go(f"{world.url}/broadcasts")
    assert marks(page).count("broadcast") == 41
    assert len(many) == len(few)


def test_a_goal_is_said_in_the_words_of_hubspot(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    send(alice, path, 2)
    world.work()
    stage = SyncedProperty(
        installation_id=alice.installation_id, name="lifecyclestage", label="Lifecycle stage",
        type="enumeration", labels=[["customer", "Customer"]], chosen_at=utcnow(),
    )  # fmt: skip
    with world.app.app_context(), transaction() as session:
        goal = {"kind": "property", "property": "lifecyclestage", "value": "customer", "days": 7}
        session.scalars(db.select(Broadcast)).one().goal = goal
        session.add(stage)
    page = alice.walker.go(f"{world.url}{path}")
    assert "Lifecycle stage became Customer within 7 days" in page.text


def test_the_live_page_asks_as_little_for_many_as_for_few(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    path = written(world, alice)
    crowd(world, alice, 30)
    send(alice, path, 32, confirmed="yes")
    with world.app.app_context(), transaction():
        db.session.scalars(db.select(Broadcast)).one().state = "sending"
    with sql_of(world) as asked:
        page = alice.walker.go(f"{world.url}{path}")
    assert "run" in marks(page)
    assert len(asked) <= 12, asked
