"""Eleanor Marsh, the client whom most tests are about: what is known of her, her bank account, her illustration."""

from models.people import Address, BankDetails, Contribution, Illustration, KnownDetails, TaxResidence

KNOWN = KnownDetails.model_validate(
    {
        "title": "Mrs",
        "first_name": "Eleanor",
        "last_name": "Marsh",
        "date_of_birth": "1978-04-12",
        "email": "eleanor.marsh@example.com",
        "mobile": "07400 123456",
        "national_insurance_number": "AB123456C",
        "nationality": "GB",
        "tax_residences": [TaxResidence(country="GB")],
        "us_person": False,
        "address": Address(line_1="12 Harbour Street", town_city="Whitstable", postcode="CT5 1AQ"),
    }
)
BANK = BankDetails(account_holder="Mrs E Marsh", sort_code="20-00-00", account_number="55779911")
ILLUSTRATION = Illustration(
    name="ISA illustration", investment_strategy="Balanced Growth", contributions=[Contribution(amount_pence=20_000_00)]
)
