"""The words by which mail servers say that a mail was not delivered: tables only, no rules, all in lower case."""

# ruff: noqa: SIM905 - word lists read better as one text

from typing import Final

DAEMONS: Final = frozenset(
    "mailer-daemon mailerdaemon mail-daemon maildaemon mdaemon postmaster mail-delivery-system"
    " mail-delivery-subsystem maildeliverysystem mail.delivery.system bounce-notification mta-daemon"
    " mailsystem postmast root-daemon mmdf pmdf smtpd".split()
)
"""Local parts that servers send reports from."""

DAEMON_NAMES: Final = (
    "mail delivery",
    "mail system",
    "mailer daemon",
    "mailer-daemon",
    "mail administrator",
    "system administrator",
    "postmaster",
    "delivery subsystem",
    "internet mail delivery",
    "mail router",
    "systemadministrator",
    "mail-system",
)
"""What the name beside such an address begins with."""

TITLES: Final = tuple(
    "undeliver|undelivered|mail delivery|message delivery|delivery status|delivery failure|delivery failed"
    "|delivery has failed|delivery problem|delivery notification|delivery error|delivery delayed"
    "|delivery report|returned mail|returned message|returned to sender|failure notice|failed mail"
    "|failed delivery|failure delivering|mail failure|mail error|mail system error"
    "|mail could not be delivered|mail not delivered|message not delivered|message you sent blocked"
    "|message undeliverable|message status - undeliverable|nondeliverable|non-deliverable|not delivered"
    "|could not deliver|cannot deliver|can't deliver|unable to deliver|user unknown|unknown user"
    "|error sending|mail returned|warning: message|warning: could not send|warning - delayed|warning: mail"
    "|delayed mail|delayed:|delayed delivery|mail status report|your message couldn't be delivered"
    "|your message could not be delivered|your email requires|permanent delivery|transient failure|dsn:"
    "|non-delivery|nondelivery|processing error|rejected:|[undeliverable]|nonexistent|email delivery"
    "|e-mail delivery|problem delivering|bounce|bounced|unzustellbar|nicht zustellbar|nicht zugestellt"
    "|zustellung|zustellungsfehler|zustellfehler|unzustellbare|übermittlungsfehler|fehler bei der zustellung"
    "|fehler bei der nachrichten|mail konnte nicht|nachricht konnte nicht|ihre nachricht konnte nicht"
    "|verzögert:|verzögerte zustellung|warnung: nachricht|lieferfehler|rücksendung|non remis|échec|echec"
    "|notification d'échec|message non remis|retour de message|impossible de remettre|non distribué"
    "|no se puede entregar|no se pudo entregar|no entregado|error de entrega|devolución|não foi possível"
    "|não entregue|falha na entrega|falha de entrega|mensagem não|impossibile consegnare|mancata consegna"
    "|mancato recapito|non recapitabile|errore di consegna|onbestelbaar|niet bezorgd|niedostarcz|zwrot"
    "|nie dostarczono|nedoručitel|недостав|не доставлено|не удалось доставить|ошибка доставки|возврат"
    "|kunde inte levereras|olevererat|kunne ikke leveres|ikke levert|toimittaminen epäonnistui"
    "|kézbesíthetetlen|iletilemedi|teslim edilemedi|配信不能|配信エラー|メール配信|送信エラー|无法投递|退信|系统退信"
    "|投递失败|投递状态|無法傳遞|未送達|無法寄送|배달 실패|전송 실패|반송".split("|")
)
"""What the subject of a report begins with."""

FAILURES: Final = tuple(
    "could not be delivered to|couldn't be delivered to|was not delivered to|wasn't delivered to"
    "|not be delivered to|cannot be delivered to|the following address(es) failed|following addresses failed"
    "|following address failed|had permanent fatal errors|had transient non-fatal errors"
    "|had delivery problems|did not reach the following recipient|could not deliver your"
    "|couldn't deliver your|wasn't able to deliver|was not able to deliver|unable to deliver"
    "|could not deliver|couldn't deliver|cannot deliver|can't deliver|failed to deliver"
    "|delivery to the following|delivery to these recipients|delivery has failed to|delivery failed"
    "|delivery failure|delivery has failed|failed recipient|failed addresses|failed address"
    "|recipients of your message|undeliverable to|is undeliverable|undeliverable mail to|was undeliverable"
    "|message could not be|mail could not be|e-mail could not be|email could not be|not be delivered"
    "|not been delivered|has been delayed|hasn't been delivered|was not delivered|not delivered"
    "|has not yet been delivered|delivery is delayed|message delivery|invalid final delivery userid"
    "|user unknown|unknown user|no such user|does not exist|doesn't exist|mailbox unavailable|mailbox is full"
    "|mailbox full|over quota|exceeded|exceeding|isn't a valid|is not a valid|invalid recipient"
    "|unknown recipient|recipient rejected|recipient address rejected|address rejected|problem delivering"
    "|trouble delivering|returned to sender|returned undelivered|returned to you|being returned"
    "|unrouteable address|unrouteable mail|unrouteable domain|host unknown|unknown host|domain not found"
    "|mail delivery system|qmail-send|mail system at host|undelivered|bounced|has been rejected|was rejected"
    "|permanent error|reported an error|errors occurred|couldn't find|the message you sent to|your mail to"
    "|your email to|message was not|list of failed|has been postponed|encountered an error|did not receive"
    "|returned because|account is not|account has been|no longer|the reason for the problem"
    "|transcript of session|not accepting mail|addresses listed below|konnte nicht zugestellt"
    "|nicht zugestellt werden|konnte nicht an|nicht zustellbar|zustellung fehlgeschlagen|fehler bei der"
    "|unbekannter empfänger|empfänger unbekannt|folgenden empfänger|folgende empfänger|an folgende adresse"
    "|wurde nicht zugestellt|konnte nicht übermittelt|nicht erreicht|postfach ist voll|existiert nicht"
    "|n'a pas pu être|n'ont pas pu|échec de la remise|impossible de|no se pudo entregar|no se ha podido"
    "|no pudo ser|destinatarios siguientes|não pôde ser|não foi possível|não foi entregue"
    "|impossibile consegnare|non è stato possibile|non è stata|kon niet worden|niet worden bezorgd|nie można"
    "|nie została|nelze doručit|не может быть|не удалось|не был|не доставлено|kunde inte|kunne ikke|ei voitu"
    "|nem sikerült|配信でき|送信でき|届けることが|届けられ|存在しません|無法|无法|不存在|退回|전달되지|보낼 수".split(
        "|"
    )
)
"""Somewhere in a report; the addresses that failed usually follow."""

DELAYS: Final = tuple(
    "delayed|will be retried|will continue to|will keep trying|still being|still trying|no action is required"
    "|do not need to|don't need to resend|warning message only|this is a warning"
    "|delivery attempts will continue|not yet been delivered|verzögert|weiterhin versucht"
    "|weitere zustellversuche|erneut versucht|keine weiteren maßnahmen|retardé|sera relancée|demorado"
    "|retrasado|adiada|ritardo|отложен|задерж".split("|")
)
"""In a report that the server still tries."""

COPIES: Final = tuple(
    "this is a copy of|below this line is a copy|original message follows|--- original message"
    "|----- original message|original message -----|message header follows|unsent message below"
    "|returned message|----- message header|message headers follow|included is a copy|---- returned mail"
    "|following is the original|---- below the next|kopie der nachricht|kopie ihrer|ursprüngliche nachricht"
    "|original-nachricht|ursprünglichen nachricht|originalnachricht".split("|")
)
"""Where a copy of the mail that was not delivered begins."""

SYSTEM_SENDERS: Final = tuple(
    "no-reply noreply system mailer mail_service administrator root smtp ndr bounce daemon gateway notif imss virus"
    " postmaster".split()
)
"""What stands in the address or name under which a report may come from no daemon."""

TITLE_ENDINGS: Final = (": non remis", ": undeliverable", ": undelivered", ": unzustellbar", " (failure)")
"""What the subject of a report may end with instead."""
