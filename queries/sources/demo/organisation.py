"""The organisation of the demo: accounts, people, machines, databases."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

#: Account numbers are those that AWS uses in its own examples.
PROD: Final = "111122223333"
STAGE: Final = "444455556666"
DEV: Final = "123456789012"
TOOLS: Final = "777788889999"

#: Account number to account name.
ACCOUNTS: Final[dict[str, str]] = {PROD: "prod", STAGE: "stage", DEV: "dev", TOOLS: "tools"}

FRANKFURT: Final = "eu-central-1"
IRELAND: Final = "eu-west-1"
VIRGINIA: Final = "us-east-1"

Job = Literal["ops", "dba", "dev", "data", "support", "audit"]


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that people open sessions on."""

    id: str
    name: str
    environment: str
    team: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or an IAM user that programs share."""

    name: str
    """The role session name (an e-mail address) with Identity Center, else the user name."""
    job: Job
    sessions_a_day: float
    """Sessions on an ordinary weekday."""
    role: str = ""
    """Permission set; empty for an IAM user."""
    shift: int = 0
    """Hours by which their working day starts later than in Europe."""
    account: str = ""
    """The account of an IAM user; empty with Identity Center."""

    @property
    def address(self) -> str:
        """Their usual source address, in 203.0.113.0/24 (RFC 5737) or 2001:db8::/32 (RFC 3849)."""
        number = sum(map(ord, self.name))
        return f"2001:db8:{number:x}::7" if number % 9 == 0 else f"203.0.113.{7 + number % 240}"


def _sso(job: Job, role: str, shift: int, people: str) -> tuple[Person, ...]:
    """People of one permission set, from `name:sessions_a_day` words."""
    pairs = (word.split(":") for word in people.split())
    return tuple(Person(f"{name}@example.com", job, float(number), role, shift) for name, number in pairs)


PEOPLE: Final[tuple[Person, ...]] = (
    *_sso("ops", "Admin", 0, "jane.doe:4.6 oskar.lind:2.6 miriam.roth:2.1 paul.adeyemi:1.9"),
    *_sso("dba", "DatabaseAdmin", 0, "max.weber:6.2 ines.moreau:2.4 yuki.tanaka:1.2"),
    *_sso("dev", "Developer", 0, "lena.fischer:2.3 tomasz.nowak:2.0 sofia.rossi:1.6 emil.berg:1.5 nadia.petrova:1.3"),
    *_sso("dev", "Developer", 0, "jonas.keller:1.1 clara.jensen:1.0 aoife.byrne:0.8 hugo.lambert:0.7 lucia.vega:0.5"),
    *_sso("dev", "Developer", 6, "ava.thompson:1.7 noah.carter:1.4 mia.rivera:1.0 ethan.brooks:0.6"),
    *_sso("data", "DataEngineer", 0, "priya.nair:1.8 david.cohen:1.2 anna.kovacs:0.8"),
    *_sso("data", "DataEngineer", 6, "grace.kim:0.9"),
    *_sso("support", "Support", 0, "ben.hughes:1.6 marta.silva:1.3 ivan.horvat:0.7"),
    *_sso("support", "Support", 6, "olivia.reed:0.9 lucas.grant:0.5"),
    *_sso("audit", "ReadOnlyAudit", 0, "ruth.steiner:0.25"),
    Person("tom.miller", "ops", 1.3, account=PROD),
    Person("karin.holm", "dba", 0.7, account=STAGE),
    Person("temp.contractor", "dev", 1.4, account=DEV),
    Person("legacy-batch", "support", 0.3, account=PROD),
)

#: By name, for stories about a certain person.
BY_NAME: Final = {person.name.partition("@")[0]: person for person in PEOPLE}

#: Name, how many, environment, team, account, region.
_FLEET: Final = (
    ("web", 24, "prod", "shop", PROD, FRANKFURT),
    ("api", 18, "prod", "shop", PROD, FRANKFURT),
    ("worker", 16, "prod", "fulfilment", PROD, FRANKFURT),
    ("db", 8, "prod", "data", PROD, FRANKFURT),
    ("bastion", 2, "prod", "platform", PROD, FRANKFURT),
    ("edge", 10, "prod", "platform", PROD, VIRGINIA),
    ("search", 8, "prod", "shop", PROD, IRELAND),
    ("app", 22, "stage", "shop", STAGE, FRANKFURT),
    ("stage-db", 4, "stage", "data", STAGE, FRANKFURT),
    ("stage-edge", 4, "stage", "platform", STAGE, FRANKFURT),
    ("box", 40, "dev", "everyone", DEV, FRANKFURT),
    ("lab", 10, "dev", "data", DEV, FRANKFURT),
    ("runner", 8, "tools", "platform", TOOLS, FRANKFURT),
    ("vault", 2, "tools", "platform", TOOLS, FRANKFURT),
)
_SHOPS: Final = ("berlin", "hamburg", "wien", "zuerich", "lyon", "milano", "krakow", "porto", "dublin", "oslo")


def _machines() -> tuple[Machine, ...]:
    """All machines; their ids are computed from their names, so they never change."""
    fleet = [
        Machine(_hex_id("i-", f"{name}-{number}"), f"{name}-{number}", environment, team, account, region)
        for name, count, environment, team, account, region in _FLEET
        for number in range(1, count + 1)
    ]
    tills = [
        Machine(_hex_id("mi-", f"till-{shop}-{number}"), f"till-{shop}-{number}", "shops", "retail", PROD, FRANKFURT)
        for shop in _SHOPS
        for number in (1, 2)
    ]
    return (*fleet, *tills)


def _hex_id(prefix: str, name: str) -> str:
    return f"{prefix}0{Random(f'machine {name}').getrandbits(64):016x}"


MACHINES: Final = _machines()
MACHINE_BY_NAME: Final = {machine.name: machine for machine in MACHINES}


def machines_named(*prefixes: str) -> tuple[Machine, ...]:
    """The machines whose names are a prefix and a number, in the order of `MACHINES`."""
    return tuple(machine for machine in MACHINES if machine.name.rpartition("-")[0].startswith(prefixes))


#: Host and port of tunnels, the most used first.
DATABASES: Final = (
    ("orders.cluster-x.eu-central-1.rds.amazonaws.com", 5432),
    ("customers.cluster-x.eu-central-1.rds.amazonaws.com", 5432),
    ("stock.cluster-y.eu-central-1.rds.amazonaws.com", 3306),
    ("sessions.redis.example.internal", 6379),
    ("warehouse.redshift.example.internal", 5439),
    ("search.opensearch.example.internal", 443),
)
STAGE_DATABASES: Final = (("orders-stage.cluster-z.eu-central-1.rds.amazonaws.com", 5432),)

#: ECS clusters. A name may contain `_`, so a target is parsed from its end.
CLUSTERS: Final = ("checkout_prod", "orders", "mailer")


def inventory() -> str:
    """The inventory of the machines: CSV with a header line."""
    lines = [f"{machine.id},{machine.name},{machine.environment},{machine.team}\n" for machine in MACHINES]
    return "instance_id,name,environment,team\n" + "".join(lines)
