"""People and matters for a demonstration of the STÜBER site: made up, in German, with umlauts."""

from helpdesk_core.sample import Matter, SampleFile, SampleWords
from stueber.thread import THREAD

SAMPLE = SampleWords(
    salutations=("Frau", "Herr", "Frau", "Herr", "Frau", "Herr", "Frau", "Herr"),
    given_names=("Anna", "Jörg", "Karin", "Emre", "Jana", "Björn", "Sümeyye", "Paul"),
    family_names=("Meyer", "Krüger", "Öztürk", "Weiß", "Schäfer", "Groß", "Nowak", "Lindqvist", "Bräuer", "Fröhlich"),
    organisations=(
        "Schule am See",
        "Gymnasium Königsbrück",
        "Grundschule Sankt Martin",
        "Gesamtschule Münster-Süd",
        "Berufskolleg Höxter",
    ),
    matters=(
        Matter(
            "bug",
            "Druckvorlage lässt sich nicht öffnen",
            "Guten Tag,\n\nseit heute Morgen lässt sich die Druckvorlage für die Halbjahreszeugnisse nicht mehr "
            "öffnen. Es erscheint die Meldung „Datei ist beschädigt“. Gestern ging es noch.\n\nViele Grüße",
            "Guten Tag,\n\nbitte öffnen Sie Extras > Vorlagen und klicken Sie auf „Vorlagen prüfen“. Danach sollte "
            "sich die Druckvorlage wieder öffnen lassen.\n\nFreundliche Grüße",
            "Das hat geholfen, vielen Dank!",
        ),
        Matter(
            "question",
            "Schuljahreswechsel: Reihenfolge der Schritte",
            "Guten Tag,\n\nin welcher Reihenfolge müssen wir beim Schuljahreswechsel vorgehen: erst die Klassen "
            "versetzen oder erst die neuen Schülerinnen und Schüler anlegen?",
            "Guten Tag,\n\nversetzen Sie zuerst die Klassen und legen Sie danach die neuen Schülerinnen und Schüler "
            "an. Eine Anleitung mit allen Schritten finden Sie in der Hilfe unter „Schuljahreswechsel“.",
            "Danke, so hat es geklappt.",
        ),
        Matter(
            "wish",
            "Stundenplan als Kalender abonnieren",
            "Hallo,\n\nes wäre schön, wenn Lehrkräfte ihren Stundenplan im Kalender ihres Telefons abonnieren "
            "könnten. Zurzeit tragen wir alles von Hand ein.",
            "Guten Tag,\n\nvielen Dank für den Vorschlag. Wir haben ihn an die Entwicklung weitergegeben und melden "
            "uns hier, sobald es etwas Neues gibt.",
        ),
        Matter(
            "bug",
            "Umlaute im Export falsch dargestellt",
            "Guten Tag,\n\nim CSV-Export stehen statt „ä“ und „ü“ seltsame Zeichen. Wir öffnen die Datei mit der "
            "Tabellenkalkulation. Woran kann das liegen?",
            "Guten Tag,\n\nwählen Sie beim Öffnen bitte den Zeichensatz „UTF-8“. Ab Version 2026.3 fragt der Export "
            "selbst danach.",
            "Mit UTF-8 stimmt alles. Danke für die schnelle Antwort!",
        ),
        Matter(
            "question",
            "Zweiter Arbeitsplatz im Sekretariat",
            "Guten Tag,\n\nwir möchten im Sekretariat einen zweiten Arbeitsplatz einrichten. Brauchen wir dafür eine "
            "weitere Lizenz?",
            "Guten Tag,\n\nnein, Ihr Vertrag gilt für alle Arbeitsplätze der Schule. Installieren Sie das Programm "
            "einfach und melden Sie sich mit Ihrem Konto an.",
            "Prima, dann machen wir das so.",
        ),
        Matter(
            "bug",
            "Anmeldung am Server bricht ab",
            "Guten Tag,\n\nnach dem letzten Update bricht die Anmeldung nach etwa 30 Sekunden ab. Auf dem zweiten "
            "Rechner funktioniert alles. Ein Neustart hat nichts geändert.",
            "Guten Tag,\n\nbitte prüfen Sie, ob die Firewall auf dem betroffenen Rechner den Port 8443 sperrt. "
            "Können Sie uns sonst die Protokolldatei schicken?",
            "Es war tatsächlich die Firewall. Jetzt geht es wieder.",
        ),
        Matter(
            "question",
            "Fehlzeiten rückwirkend eintragen",
            "Guten Tag,\n\nwie können wir Fehlzeiten für die letzte Woche rückwirkend eintragen, wenn die "
            "Klassenleitung krank war?",
            "Guten Tag,\n\ndas Sekretariat kann Fehlzeiten bis zu vier Wochen rückwirkend eintragen: Schüler > "
            "Fehlzeiten > Zeitraum wählen.",
            "Gefunden, danke!",
        ),
        Matter(
            "wish",
            "Zeugniskonferenz: Notenübersicht größer anzeigen",
            "Guten Tag,\n\nauf dem Beamer ist die Notenübersicht kaum zu lesen. Könnte man die Schrift vergrößern?",
            "Guten Tag,\n\nmit Strg und + lässt sich die Ansicht bereits vergrößern. Eine eigene Ansicht für die "
            "Konferenz planen wir für das nächste Halbjahr.",
        ),
    ),
    note="Kundin hat am Telefon bestätigt, dass nur ein Rechner betroffen ist.",
    thread=THREAD,
    files=(
        SampleFile("Bildschirmfoto.png"),
        SampleFile("Halbjahreszeugnis.pdf", "Halbjahreszeugnis für Jürgen Groß, Klasse 7 b"),
        SampleFile(
            "protokoll.txt",
            "08:12:04 Anmeldung: Verbindung zum Server wird hergestellt\n"
            "08:12:34 Anmeldung: Zeitüberschreitung nach 30 Sekunden\n"
            "08:12:34 Anmeldung: abgebrochen\n",
        ),
        SampleFile("Schülerliste.csv", "Name;Vorname;Klasse\nGroß;Jürgen;7 b\nSchäfer;Zoë;7 b\n"),
    ),
    domain="schule.example",
)
