"""What readers and programs are told about the impact: never more, and never less, than is known.

A wrong "outage" makes people call in a night shift for nothing; a wrong "no impact" lets them
sleep through one.
"""

import pytest

from changecast.contract.change import ImpactLevel
from changecast.customer.compose.impact import Basis, ImpactReading, read_impact
from tests.support.builders import change

SURE_NONE = ImpactReading(ImpactLevel.NONE, Basis.SURE_WORDS)
UNCLEAR = ImpactReading(ImpactLevel.DEGRADED, Basis.UNCLEAR_WORDS)
UNSTATED = ImpactReading(ImpactLevel.DEGRADED, Basis.UNSTATED)


@pytest.mark.parametrize(
    "text",
    [
        "No downtime", "No customer impact", "Not applicable", "None anticipated", "None", "none.",
        "N/A", "n/a", "No", "Nil", "NO IMPACT!", "No impact expected", "No expected impact",
        "No impact is expected for customers.", "There is no impact", "There will be no downtime",
        "Customer impact: none", "Impact: None.", "Impact - none expected", "no\u00a0impact\n",
        "No impact or downtime", "No impact, no downtime.", "No impact and no downtime expected",
        "No impact/downtime", "Zero downtime", "Without service interruption", "Non-impacting",
        "non-service-affecting", "Customers are not affected", "Services will not be affected.",
        "Does not affect customers", "This change does not affect your services",
        "An interruption of the service is not expected".removeprefix("An "),
        "Downtime is not expected", "Impact: no downtime", "No planned downtime",
        "No impact during the maintenance window", "No customer-facing impact", "No outage",
        "Keine Auswirkung", "Keine Auswirkungen für Kunden erwartet", "Keine", "Kein Ausfall",
        "Es wird keine Auswirkung erwartet.", "Es sind keine Auswirkungen zu erwarten",
        "Keine Beeinträchtigung der Dienste", "Ohne Unterbrechung", "Entfällt", "Nicht zutreffend",
        "Kunden sind nicht betroffen", "Keine Auswirkung auf Ihre Dienste", "Keine Downtime",
        "Keine Unterbrechungen oder Ausfälle",
        "Sin impacto para el cliente", "Sin impacto", "Ninguno", "No aplica",
        "Sin corte de servicio",
        "No se espera impacto", "No se espera ningún impacto para los clientes", "No hay impacto",
        "Ningún impacto previsto", "No afecta a los clientes", "Sin interrupción del servicio",
        "Aucun impact attendu", "Aucune interruption de service", "Aucun", "Néant", "Sans objet",
        "Pas d\u2019impact", "Il n'y a pas d'impact", "Il n'y aura aucun impact pour les clients",
        "Aucune interruption n'est prévue", "Sans coupure",
    ],
)  # fmt: skip
def test_words_that_surely_deny_an_impact_raise_no_alarm(text: str) -> None:
    assert read_impact(change(customer_impact=text)) == SURE_NONE


@pytest.mark.parametrize(
    "text",
    [
        "VPN sessions drop for 5 minutes.", "low", "Low impact", "Minimal", "TBD",
        "To be confirmed",
        "unknown", "Not known", "Not stated", "No information", "Nothing known yet", "No impact?",
        "No service", "No service available", "No service during the outage", "Service: none",
        "No network", "No access", "No data loss", "No backups", "No redundancy", "No reboot",
        "None of the services", "None of the services will be available", "No customers",
        "None, except for VPN users", "No impact expected, except for short latency",
        "No impact expected. Sessions may drop.", "No impact until 05:00",
        "No impact after the window", "No impact during business hours",
        "No impact on most customers", "No impact for customer A",
        "Not all customers are affected", "No major impact", "No significant downtime",
        "No noticeable impact", "No impact - outage expected", "Impact expected: no downtime",
        "Impact expected, no downtime", "Outage, not planned", "Outage not planned",
        "Not without impact", "No impact is not expected", "no impact but an outage",
        "No less than an outage", "impact", "Impact expected", "Downtime", "No impact and downtime",
        "During the outage service is not expected", "No impact assessment was done",
        "Nicht ohne Auswirkung", "Keine der Leistungen ist verfügbar", "Keine Dienste",
        "Kein Betrieb", "Kein Zugriff", "Geringe Auswirkungen", "Keine größeren Auswirkungen",
        "Keine Auswirkungen bis 5 Uhr", "Keine Angabe", "Unbekannt",
        "Sin servicio", "Sin servicio durante el corte", "Sin acceso", "No se sabe",
        "Impacto bajo", "Sin impacto salvo VPN",
        "Pas de service", "Pas de service pendant la coupure", "Sans réseau", "Inconnu",
        "Impact faible", "Aucun impact majeur", "Aucun service",
    ],
)  # fmt: skip
def test_words_that_leave_a_doubt_neither_reassure_nor_alarm(text: str) -> None:
    assert read_impact(change(customer_impact=text)) == UNCLEAR


@pytest.mark.parametrize("text", ["", " ", "\n\u00a0", "-", "--", "?", "...", "–", "."])
def test_an_impact_that_nobody_stated_is_never_told_as_none(text: str) -> None:
    assert read_impact(change(customer_impact=text)) == UNSTATED


@pytest.mark.parametrize(
    ("text", "level"),
    [("Outage", "outage"), ("degraded", "degraded"), ("Reduced redundancy.", "reduced_redundancy")],
)
def test_a_text_that_is_the_name_of_a_level_is_that_level(text: str, level: str) -> None:
    assert read_impact(change(customer_impact=text)) == (level, Basis.SURE_WORDS)


@pytest.mark.parametrize("level", list(ImpactLevel))
@pytest.mark.parametrize("text", ["", "None", "VPN sessions drop", "Outage"])
def test_a_stated_level_counts_whatever_the_words_say(level: ImpactLevel, text: str) -> None:
    read = read_impact(change(impact_level=level, customer_impact=text))
    assert read == ImpactReading(level, Basis.STATED)
    assert read.is_sure


def test_only_a_stated_level_or_sure_words_may_be_told_as_a_level() -> None:
    assert SURE_NONE.is_sure
    assert not UNCLEAR.is_sure
    assert not UNSTATED.is_sure
