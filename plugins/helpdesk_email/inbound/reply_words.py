"""The words by which mail programs mark quotations and signatures, by language: tables only, no rules."""

# ruff: noqa: RUF001, SIM905 - words of many alphabets, which read better as one text

from typing import Final

MARKERS: Final = ("-- Bitte antworten Sie oberhalb dieser Zeile --", "-- Please reply above this line --")
"""The line our own mails carry above what an answer need not repeat."""

HEADER_ROLES: Final[dict[str, str]] = {
    label: role
    for role, labels in {
        "from": "von|from|de|da|van|od|от|від|från|fra|frá|lähettäjä|feladó|gönderen|kimden|de la|expéditeur"
        "|remitente|mittente|afzender|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|από|מאת|من"
        "|absender|nadawca|odesílatel"
        "|odosielateľ|отправитель|saatja|no|nuo|pošiljatelj|dari",
        "date": "gesendet|gesendet am|datum|date|sent|sent on|envoyé|envoyé le|enviado|enviado el|enviada em"
        "|enviado em|inviato|data|fecha|verzonden|verstuurd|wysłano|wysłane|odesláno|odoslané|отправлено|дата"
        "|надіслано|skickat|skickades|sendt|lähetetty|päiväys|päivämäärä|elküldve|dátum|küldve|gönderildi"
        "|gönderme tarihi|tarih|送信日時|日時|日付|发送时间|日期|寄件日期|傳送時間|보낸 날짜|날짜"
        "|ημερομηνία|στάλθηκε|תאריך|נשלח|trimis"
        "|trimis la|poslano|poslané|dato|saadetud|nosūtīts|išsiųsta|tanggal",
        "to": "an|to|à|para|a|aan|do|komu|pro|кому|till|til|vastaanottaja|címzett|kime|alıcı|宛先|收件人|받는 사람"
        "|받는사람|προς|אל|către|za|pre|destinataire|destinatario|destinatário|ontvanger|empfänger|kepada|untuk",
        "cc": "cc|kopie|kopie an|copie|copie à|kopia|копия|копія|másolatot kap|másolat|bilgi|抄送|副本"
        "|참조|κοιν|עותק|dw|kópia|kopi|con copia",
        "subject": "betreff|subject|objet|asunto|assunto|oggetto|onderwerp|temat|předmět|predmet|тема|ämne"
        "|emne|aihe|tárgy|konu|件名|主题|主題|主旨|제목|θέμα|נושא|subiect|zadeva|sujet|teema|efni|perihal",
        "other": "reply-to|antwort an|antworten an|wichtigkeit|priorität|importance|priority|anlagen|anhänge"
        "|attachments|bcc|blindkopie|organisation|organization|newsgroups|message-id|in-reply-to|references"
        "|pièces jointes|sensitivity|mailed-by|resent-from",
    }.items()
    for label in labels.split("|")
}
"""What the label of a quoted header line means."""

ORIGINAL_MESSAGE: Final = tuple(
    "ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|urspr. nachricht"
    "|ursprüngliche mail|ursprüngliche e-mail|weitergeleitete nachricht|original message|original-message"
    "|originalmessage|original mail|original email|original appointment|forwarded message|forwarded by"
    "|reply message|reply to message|weitergeleitet von|ursprünglicher termin|message d'origine"
    "|message d’origine|message original|message initial|message transféré|mail original|courriel original"
    "|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada|messaggio originale"
    "|messaggio inoltrato|oorspronkelijk bericht|origineel bericht|originele bericht|doorgestuurd bericht"
    "|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana|treść przekazanej wiadomości"
    "|původní zpráva|původní e-mail|přeposlaná zpráva|pôvodná správa|исходное сообщение"
    "|оригинальное сообщение|пересылаемое сообщение|перенаправленное сообщение|ursprungligt meddelande"
    "|originalmeddelande|vidarebefordrat meddelande|oprindelig meddelelse|original meddelelse"
    "|videresendt meddelelse|opprinnelig melding|videresendt melding|alkuperäinen viesti|eredeti üzenet"
    "|továbbított üzenet|orijinal mesaj|özgün ileti|iletilen mesaj|mesaj original|mesajul original"
    "|mesaj redirecționat|原始邮件|原始郵件|原始信件|转发邮件|转发的邮件|元のメッセージ|転送メッセージ"
    "|원본 메시지|원본 메일|전달된 메시지|αρχικό μήνυμα"
    "|הודעה מקורית|الرسالة الأصلية".split("|")
)
"""Between dashes or underscores, these begin a copy of another mail."""

FORWARD_OPENINGS: Final = tuple(
    "anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|begin forwarded message"
    "|start of forwarded message|début du message transféré|début du message réexpédié"
    "|inizio messaggio inoltrato|inicio del mensaje reenviado|início da mensagem encaminhada"
    "|begin doorgestuurd bericht|początek przekazywanej wiadomości|начало переадресованного сообщения"
    "|začátek přeposílané zprávy|vidarebefordrat brev|start på videresendt besked|開始轉寄信件"
    "|開始轉寄郵件|转发的邮件"
    "|転送されたメッセージ".split("|")
)
"""At the beginning of a line that ends in a colon, these begin a forwarded mail."""

VERBS: Final = tuple(
    "schrieb|schrieben|geschrieben|wrote|writes|napisał|napisała|napisał(a)|napisała/napisał|pisze|napsal"
    "|napsala|napsal(a)|napísal|napísala|napísal(a)|escribió|escribio|escribiste|escreveu|ha scritto|scrisse"
    "|schreef|geschreven|skrev|skrifaði|kirjoitti|írta|ezt írta|a scris|написал|написала|написал(а)|написав"
    "|написала|пишет|пише|писал|писала|yazdı|şunları yazdı|έγραψε|a écrit|a ecrit|écrivait|écrit|napisao"
    "|napisala|je napisao|je napisal|kirjutas|rakstīja|rašė|menulis|đã viết"
    "|写道|寫道|が書きました|さんは書きました|のメッセージ|wrote on|作成|작성|님이 작성|כתב|كتب".split("|")
)
"""What somebody did in the line above a quotation."""

OPENINGS: Final = tuple(
    "am |on |le |el |il |op |em |den |dne |dňa |dana |w dniu |dnia |pe |la |på |in data |il giorno |a "
    "|în data de |tarihinde |on: |mon,|tue,|wed,|thu,|fri,|sat,|sun,|mo,|di,|mi,|do,|fr,|sa,|so,|mo.,|montag"
    "|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|wednesday|thursday|friday|saturday"
    "|sunday|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|в |у "
    "|пн,|вт,|ср,|чт,|пт,|сб,|вс,|понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу"
    "|воскресенье|ma |ti |ke |to |pe |la |su |tor |ons |tis |fre |lør |søn |man |tir |στις |ב|في |在|于|於".split("|")
)
"""What the line above a quotation begins with, when it does not begin with a name or a date."""

QUOTE_NAMES: Final = (
    "zitat von ",
    "quoting ",
    "citando a ",
    "citando ",
    "citát ",
    "citat ",
    "cituji ",
    "citation de ",
    "zitiere ",
)
"""Webmailers' words in front of the name of whom they quote, instead of a verb behind it."""

DEVICE_OPENINGS: Final = tuple(
    "sent from |sent via |sent with |sent by |sent using |sent on |sent through |from my |von meinem "
    "|von meiner |von unterwegs |gesendet von |gesendet mit |gesendet über |gesendet aus |gesendet vom "
    "|mobil gesendet|diese nachricht wurde von meinem |diese nachricht wurde mit "
    "|diese e-mail wurde von meinem |diese mail wurde von meinem |versendet mit |versendet von "
    "|verschickt von |verfasst auf |get outlook for |hol dir outlook |holen sie sich outlook |outlook für ios"
    "|outlook für android|outlook for ios|outlook for android|envoyé depuis |envoyé de |envoyé à partir "
    "|envoyé avec |obtenez outlook |obtenir outlook |télécharger outlook |téléchargez outlook |enviado desde "
    "|enviado do |enviado de |enviado a partir |enviado pelo |enviado via |obtener outlook |obter o outlook "
    "|inviato da |inviato dal |inviato con |scarica outlook |ottieni outlook |verstuurd vanaf |verstuurd met "
    "|verzonden vanaf |verzonden met |verstuurd via |outlook voor ios|download outlook |wysłane z |wysłano z "
    "|pobierz outlook |odesláno z |odoslané z |poslano z |skickat från |sendt fra |lähetetty |отправлено с "
    "|отправлено из |надіслано з |elküldve |küldve |发自我的|自我的|從我的 |从我的 |傳送自|發自我的"
    "|iphoneから送信|나의 |gönderildi"
    "|iphone'umdan gönderildi|sendt via |sent. from |swyped from |tapped on |typed on |someone from mobile"
    "|composed on |written on my |this email was sent from my |this message was sent from my ".split("|")
)
"""What programs on telephones write below every mail."""

DEVICE_ENDINGS: Final = (" gesendet", "から送信", "傳送", "gönderildi", "에서 보냄")
"""What such a line ends with, where the language puts the verb last."""

DEVICES: Final = (
    "iphone ipad ipod ios apple android samsung galaxy blackberry nokia lumia huawei xiaomi htc pixel"
    " motorola sony xperia oneplus windows outlook mail mailbox airmail yahoo gmail gmx web.de telekom"
    " t-mobile vodafone proton tutanota thunderbird k-9 fairphone mobile mobil phone telefon handy smartphone"
    " cell tablet handheld device gerät mobilgerät mobiltelefon téléphone portable celular móvil telemóvel"
    " cellulare telefono telefoon mobiel telefonu mobilen телефон verizon alcatel ti-85 laptop pc mac watch"
    " bluemail spark boxer surface kindle palm treo zimbra postbox newton edison airdroid canary fastmail hey"
    " nine email unterwegs app"
).split()
"""One of these stands in a signature that a program wrote."""

APOLOGIES: Final = (
    "please",
    "pls",
    "excuse",
    "sorry",
    "pardon",
    "apolog",
    "so ",
    "bitte",
    "entschuldig",
    "forgive",
    "typ",
    "brevity",
    "ich bitte",
)
"""How such a signature may go on after a comma or full stop."""

FOOTERS: Final = (
    "mailing list",
    "mailingliste",
    "mailman/listinfo",
    "you received this message because you are subscribed",
    "sie erhalten diese nachricht, weil sie",
    "to unsubscribe from this group",
    "to unsubscribe, ",
    "to unsubscribe from this",
    "virenfrei. www.",
    "virus-free. www.",
    "auf viren geprüft",
    "checked for viruses",
    "antivirus",
)
"""What lists and virus scanners write below a mail."""
