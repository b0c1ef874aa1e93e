"""The words that files of people use: names of columns, yes and no, statuses of other tools.

An unknown word is never guessed: the line or the file is refused.
"""

import re
import unicodedata
from enum import StrEnum

_SEPARATORS = re.compile(r"[\s_\-.:*/()\[\]\"'–]+")


class Effect(StrEnum):
    """Meaning of another tool's status for the person."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    LEFT_OUT = "left out"


def plain(name: str) -> str:
    """Fold a name, without case, accents and punctuation: `E-Mail_Adresse` is `e mail adresse`."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf"))
    return _SEPARATORS.sub(" ", bare).strip()


def _plain_words(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in re.split(r"[|\n]", text) if plain(word))


ADDRESS = _plain_words("""
email|e-mail|mail|emails|email address|e-mail address|emailaddress|mail address|email id|emailid
email addresses|primary email|primaryemail|work email|business email|contact email|company email
your email|office email|smtp address|primary smtp address|primarysmtpaddress|windowsemailaddress
email (work)|email work|subscriber email|subscriber|user email|useremail|customer email
internet address
E-Mail-Adresse|E-Mail-Adressen|Mailadresse|Mail-Adresse|E-Mail geschäftlich|E-Mail dienstlich
E-Mail (geschäftlich)|Elektronische Adresse
courriel|adresse courriel|adresse e-mail|adresse mail|adresse électronique|adresse de messagerie|mél
correo|correo electrónico|correos|correo-e|dirección de correo|dirección de correo electrónico
dirección de email|dirección de e-mail|email corporativo|correo corporativo
correu electrònic|adreça electrònica|helbide elektronikoa|correo electrónico corporativo
correio eletrônico|correio electrónico|endereço de email|endereço de e-mail|endereço eletrônico
posta elettronica|indirizzo email|indirizzo e-mail|indirizzo di posta elettronica
e-mailadres|mailadres|e-post|e-postadress|e-postadresse|e-mailadresse|mejl|mejladress
sähköposti|sähköpostiosoite|adres e-mail|adres email|adres poczty|e-mailová adresa|e-mail cím
adresa de email|e-posta|e-posta adresi|e-pasts|el. paštas|e-naslov|имейл|электронная почта|почта
адрес электронной почты|эл. почта|електронна пошта|електронна поща|ηλεκτρονικό ταχυδρομείο
メールアドレス|メール|電子メール|電子メールアドレス|Eメール|电子邮件|电子邮件地址|邮箱|邮箱地址
邮件地址|電子郵件|電子郵件地址|電郵|이메일|이메일 주소|전자 메일
البريد الإلكتروني|بريد إلكتروني|דואר אלקטרוני
""")
# "E-mail 2 Address" of Outlook, "E-mail 1 - Value" of Google.
NUMBERED_ADDRESS = re.compile(r"(e ?mail|email)( address)? ?\d+( address| value)?")
# It may be a postal address, so it counts only without a column of the names above.
PERHAPS_ADDRESS = _plain_words("""
address|adresse|dirección|indirizzo|recipient|recipients|empfänger|destinatario|destinataire|contact
to|user principal name|userprincipalname|upn|user|username|login
""")
LANGUAGE = _plain_words("""
language|preferred language|lang|locale|sprache|idioma|langue|língua|lingua|taal|言語|语言|語言
""")
TIMEZONE = _plain_words("""
timezone|time zone|tz|zeitzone|zona horaria|huso horario|fuseau horaire|fuso horário|fuso orario
tijdzone|タイムゾーン|时区|時區
""")
TOPICS = _plain_words("topics|topic|themen|temas|sujets|argomenti")
STATUS = _plain_words("""
status|subscription status|subscriber status|email status|e-mail status|member status|contact status
list status|marketing status|email marketing status|subscriptionstatus|estado|estado de suscripción
statut|statut d'abonnement|stato|abo-status|audience status|mailing status
""")
# The column of an export that names the list's customer (owner.py).
ORIGIN = _plain_words("changecast_customer")
UNSUBSCRIBED = _plain_words("""
unsubscribed from all|unsubscribed from everything|unsubscribed from all email|unsubscribe all
unsubscribeall|unsubscribe|unsubscribed|opted out|opt out|optout|email opt out|email optout
has opted out of email|hasoptedoutofemail|do not email|donotemail|do not contact|do not mail
donotbulkemail|global unsubscribe|globally unsubscribed|blacklisted|blocklisted|is blacklisted
is blocklisted|blocked|suppressed|complained|abgemeldet|keine mails|keine e-mails|baja|dado de baja
désabonné|désinscrit|disiscritto|cancelado
unsub time|unsub reason|unsub reason other|unsub campaign title|unsub campaign id|unsubscribed at
unsubscribed on|unsubscribed date|unsubscribe date|unsubscribe time|unsubscribe reason
date unsubscribed|opt out date|opt out time|optout date|optout time|complained at|abgemeldet am
""")
BOUNCED = _plain_words("""
clean time|clean campaign title|clean campaign id|cleaned at|bounced|bounced at|bounce date
hard bounced|is bounced|invalid|disabled
""")
SUBSCRIBED = _plain_words("""
subscribed|is subscribed|opted in|opt in|optin|optedin|email opt in|consent|email consent
accepts marketing|accepts email marketing|abonniert|suscrito|abonné
""")
# If these say no, the person may never have agreed.
CONFIRMED = _plain_words(
    "confirmed|is confirmed|active|is active|enabled|is enabled|verified|aktiv"
)

YES = _plain_words("""
yes|y|x|✓|✔|1|true|t|on|opt_in|optin|opted in|in|subscribed|ja|j|wahr|si|sí|s|verdadero|oui|o|vrai
sim|verdadeiro|vero|tak|evet|да|はい|是|예
""")
NO = _plain_words("""
no|n|0|false|f|off|opt_out|optout|opted out|out|unsubscribed|never|none|nein|falsch|falso|non|faux
não|nao|nee|nej|nei|ei|nie|hayır|нет|いいえ|否|아니요
""")
# A date says when somebody left. Databases export these for an empty value.
EMPTY = frozenset({"", "null", "nil", "n a", "na", "0000 00 00", "0000 00 00 00 00 00"})

_EFFECTS = {
    Effect.SUBSCRIBED: """
subscribed|enabled|active|confirmed|opted in|opt in|optin|opted_in|opt_in|ok|normal|valid|verified
member|1|aktiv|activo|activa|actif|active|attivo|abonniert|angemeldet|suscrito|inscrit|abonné|iscritto
""",
    Effect.UNSUBSCRIBED: """
unsubscribed|unsubscribe|blocklisted|blacklisted|blocked|opted out|opt out|optout|removed|complained
complaint|spam|spam complaint|reported as spam|abuse|suppressed|global unsubscribe|do not contact
2|4|abgemeldet|ausgetragen|gesperrt|dado de baja|baja|cancelado|bloqueado|désabonné
désinscrit|bloqué|disiscritto|bloccato
""",
    Effect.LEFT_OUT: """
bounced|bounce|hard bounced|hard bounce|soft bounced|soft bounce|cleaned|invalid|undeliverable|3
unconfirmed|pending|nonsubscribed|non subscribed|not subscribed|never subscribed|transactional
archived|disabled|inactive|paused|held|expired|deactivated|deleted|suspended|inaktiv|inactivo|inactif
unbestätigt|ausstehend|pendiente|en attente|rebotado
""",
}
STATUSES: dict[str, Effect] = {
    word: effect for effect, words in _EFFECTS.items() for word in _plain_words(words)
}
STATUS_EXAMPLES = (
    "subscribed, enabled, active, confirmed; unsubscribed, blocklisted, complained; "
    "bounced, cleaned, unconfirmed, disabled"
)
# A line that starts like this asks for something other than adding a person.
REQUESTS = frozenset(
    {"remove", "delete", "unsubscribe", "unsubscribed", "stop", "not", "don't", "except", "without",
     "entfernen", "abmelden", "ohne", "quitar", "eliminar", "sin", "supprimer", "sans"}
)  # fmt: skip
PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "van", "von", "der", "den", "di", "da", "do", "dos", "das",
     "el", "al", "bin", "ibn", "ben", "zu", "zum", "le", "du", "af", "av", "ter", "ten", "of",
     "the", "for", "and", "und", "y", "e", "et", "also", "auch"}
)  # fmt: skip
MAIL_FIELDS = re.compile(
    r"\s*(to|cc|bcc|from|reply-to|an|von|kopie|para|de|cco|cci|a|à)\s*:\s*", re.IGNORECASE
)
