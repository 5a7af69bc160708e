"""The sections of a scenario, one file each, and the length of a run: every parameter by its dotted name."""

from model.scenario.bound import EXACT, between
from model.scenario.parameter import Section, parameter
from model.scenario.section.asset import AssetSection
from model.scenario.section.backstop import BackstopSection
from model.scenario.section.choice import ChoiceSection
from model.scenario.section.confidence import ConfidenceSection
from model.scenario.section.control import ControlSection
from model.scenario.section.exchange import ExchangeSection, KeeperSection
from model.scenario.section.exposure import ExposureSection
from model.scenario.section.fund import FundSection
from model.scenario.section.loss import LossSection
from model.scenario.section.market import MarketSection
from model.scenario.section.market_maker import MarketMakerSection
from model.scenario.section.price import PriceSection
from model.scenario.section.protocol import ProtocolSection, ProviderSection
from model.scenario.section.reinsurance import ReinsuranceSection
from model.scenario.section.shock import ShockSection
from model.scenario.section.trader import TraderSection
from model.scenario.section.value_fund import ValueFundSection


class Sections(Section):
    """All parameters of a run, each within its bounds; what must hold of several is not yet checked."""

    seed: int = parameter(
        1,
        "1",
        "seed of every random stream",
        "convention",
        between(0, 2**63 - 1, "results store it as a 63-bit whole number"),
    )
    steps: int | None = parameter(
        None,
        "steps",
        "length of a run; none: the natural length of the price process",
        "episode",
        between(1, EXACT, "a run has a step; what the machine can hold is estimated"),
    )
    minutes: float = parameter(
        1.0,
        "min",
        "length of a step",
        "hourly steps more than double deficits (prototype)",
        between(0.01, 60, "from 0.6 s, faster than any margin engine, to an hour, which is too coarse for a cascade"),
    )
    asset: AssetSection = AssetSection()
    price: PriceSection = PriceSection()
    shock: ShockSection = ShockSection()
    market: MarketSection = MarketSection()
    market_maker: MarketMakerSection = MarketMakerSection()
    trader: TraderSection = TraderSection()
    value_fund: ValueFundSection = ValueFundSection()
    exchange: ExchangeSection = ExchangeSection()
    keeper: KeeperSection = KeeperSection()
    control: ControlSection = ControlSection()
    protocol: ProtocolSection = ProtocolSection()
    provider: ProviderSection = ProviderSection()
    confidence: ConfidenceSection = ConfidenceSection()
    backstop: BackstopSection = BackstopSection()
    loss: LossSection = LossSection()
    fund: FundSection = FundSection()
    exposure: ExposureSection = ExposureSection()
    reinsurance: ReinsuranceSection = ReinsuranceSection()
    choice: ChoiceSection = ChoiceSection()
