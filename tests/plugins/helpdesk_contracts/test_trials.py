"""Whose trial it is: keys and claims."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_contracts.trials import Claim, Typed, holders_of, trial_key, trial_keys
from helpdesk_core.accounts import CUSTOMER_NUMBER, ORGANISATION, PRODUCT, OrganisationView
from helpdesk_core.fields import Values

PRODUCTS = ("timetable", "reports")
KARIN, EMRE = UUID(int=1), UUID(int=2)
LONGEST_KEY = 400

claims = st.builds(
    lambda number, organisation, product: Values.of(
        {CUSTOMER_NUMBER.name: number, ORGANISATION.name: organisation, PRODUCT.name: product}
    ),
    st.text(st.characters(exclude_characters="\0"), max_size=100),
    st.text(st.characters(exclude_characters="\0"), max_size=600),
    st.text(st.characters(exclude_characters="\0"), max_size=40) | st.sampled_from(PRODUCTS),
)


def school(number: str | None = "K1", name: str = "Schule am See") -> OrganisationView:
    return OrganisationView(id=UUID(int=9), name=name, customer_number=number, version=1)


def typed(**values: str) -> Typed:
    return Typed.of(Values.of(values), PRODUCTS)


@given(claims)
def test_whatever_is_typed_gives_a_key_that_the_column_holds(values: Values):
    said = Typed.of(values, PRODUCTS)
    claim = Claim.of(KARIN, said, None, ())
    assert 0 < len(trial_key(claim.holder, said.product)) <= LONGEST_KEY
    assert said.product in {None, *PRODUCTS}


@given(claims)
def test_a_number_that_nobody_knows_is_no_key(values: Values):
    without = Typed.of(values.changed(), PRODUCTS)
    changed = Typed(number="SOMETHING-ELSE", organisation=without.organisation, product=without.product)
    assert Claim.of(KARIN, without, None, ()).holder == Claim.of(KARIN, changed, None, ()).holder


@given(claims)
def test_the_key_of_a_claim_is_among_those_it_is_measured_by(values: Values):
    said = Typed.of(values, PRODUCTS)
    claim = Claim.of(KARIN, said, None, ())
    assert trial_key(claim.holder, said.product) in trial_keys(claim.holders, said.product, PRODUCTS)


def test_a_known_customer_number_counts_before_the_name():
    said = typed(customer_number="k 1", organisation="Something else")
    assert Claim.of(KARIN, said, school(), ()).holder == "number:K1"


def test_the_name_counts_however_it_is_written():
    names = ["Schule am See", "schule  am see", "SCHULE AM SEE!", "Schule-am-See"]
    assert {Claim.of(KARIN, typed(organisation=name), None, ()).holder for name in names} == {
        "organisation:schule am see"
    }


def test_who_types_nothing_stands_for_themselves():
    assert Claim.of(KARIN, typed(), None, ()).holder != Claim.of(EMRE, typed(), None, ()).holder


def test_each_product_has_a_key_of_its_own():
    keys = {trial_key("number:K1", product) for product in (None, *PRODUCTS)}
    assert len(keys) == 3


def test_a_trial_of_one_product_is_measured_by_those_of_it_and_of_all_products():
    assert trial_keys(("number:K1",), "timetable", PRODUCTS) == ("trial:number:K1:", "trial:number:K1:timetable")


def test_a_trial_of_all_products_is_measured_by_those_of_every_product():
    assert set(trial_keys(("number:K1",), None, PRODUCTS)) == {
        "trial:number:K1:",
        "trial:number:K1:timetable",
        "trial:number:K1:reports",
    }


def test_a_typed_name_is_measured_by_the_numbers_of_the_organisations_that_bear_it():
    claim = Claim.of(KARIN, typed(organisation="Schule am See"), None, [school("K1"), school("K2"), school(None)])
    assert claim.holders == ("organisation:schule am see", "number:K1", "number:K2")


def test_an_organisation_has_the_trials_of_its_number_and_of_its_name():
    assert holders_of(school("K1")) == ("number:K1", "organisation:schule am see")
    assert holders_of(school(None)) == ("organisation:schule am see",)
