"""The words of automatic answers and notices of absence: tables only, no rules.

Each entry is a regular expression without regard to case, in which a blank stands for any white space.
"""

# ruff: noqa: RUF001 - words of many alphabets

from typing import Final

MACHINE_SUBJECTS: Final = (
    r"automatische antwort|automatische abwesenheits\w*|automatic reply|automated (?:reply|response)"
    r"|auto(?:matic|mated)?[ -]?respon[sd]\w*|auto[ -]?reply|out of (?:the )?office auto[ -]?reply"
    r"|r[ée]ponse automatique|respuesta autom[áa]tica|resposta autom[áa]tica|risposta automatica"
    r"|automatisch antwoord|autosvar|automatiskt? svar|automaattinen vastaus|autoodpowied[źz]"
    r"|odpowied[źz] automatyczna|automatick[áa] odpov[ěe][ďd]|автоматический ответ|автоответ\w*"
    r"|автоматична відповідь|automatikus válasz|otomatik yanıt|răspuns automat|自動返信|自动回复|自動回覆"
    r"|자동 ?회신"
)
"""What a subject begins with that a program forms."""

ABSENCE_SUBJECTS: Final = (
    r"auto|out of (?:the )?office|ooo|(?:on )?vacation|away|abwesenheit|abwesend"
    r"|abwesenheits(?:notiz|meldung|benachrichtigung|assistent|agent)|(?:ich )?bin (?:derzeit )?(?:abwesend|nicht)"
    r"|nicht im (?:büro|haus)|außer haus|(?:im )?urlaub\w*|absence|absente?|message d'absence"
    r"|fuera de (?:la )?oficina|ausencia|fora do escrit[óo]rio|ausência|fuori (?:sede|ufficio)|afwezig\w*"
    r"|niet aanwezig|ej på kontoret|frånvarande|poissa|nieobecno[śs][ćc]|ofis dışında|nepřítom\w*"
    r"|отсутств\w*|不在|休暇|부재"
)
"""What a subject begins with that programs and people both write."""

ABSENCE_TEXTS: Final = (
    r"bin (?:ich )?(?:\S+ ){0,6}?(?:nicht im|nicht erreichbar|außer haus|abwesend|im urlaub|nicht da\b|in elternzeit)"
    r"|bin (?:\S+ ){0,6}?auf (?:dienst|geschäfts)reise|wieder (?:für sie )?(?:erreichbar|zurück)"
    r"|wieder (?:für sie )?im (?:büro|haus|dienst)|ihre (?:e-?mail|nachricht) wird (?:nicht|automatisch) weitergeleitet"
    r"|in dringenden fällen|büro ist (?:\w+ ){0,4}(?:geschlossen|nicht besetzt)|dies ist eine automatische"
    r"|automatisch (?:erstellt|generiert|versandt)|out of (?:the |my )?office"
    r"|away from (?:the |my )?(?:office|desk|e-?mail)|on (?:annual leave|vacation|holiday|leave|maternity|parental)"
    r"|limited access to (?:my )?e-?mail|be back|return(?:ing)? (?:to the office|on)"
    r"|automat(?:ic|ed) (?:reply|response|message)|en congés?\b|absente? (?:du|jusqu|de)|de retour le"
    r"|réponse automatique|fuera de la oficina|de vacaciones|estaré ausente|respuesta automática"
    r"|fuori (?:ufficio|sede)|in ferie|niet aanwezig|met vakantie|afwezig|fora do escritório|de férias"
    r"|в отпуске|отсутству|nieobecn|na urlopie|på semester|på ferie"
)
"""What the text of a notice of absence says."""
