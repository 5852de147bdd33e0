"""One long conversation for the demonstration of the STÜBER site: made up."""

from helpdesk_core.sample import Thread

THREAD = Thread(
    "question",
    "Umzug auf den neuen Server: Schritt für Schritt",
    (
        (
            "Guten Tag,\n\nwir haben einen neuen Server bekommen und möchten das Programm mit allen Daten "
            "umziehen. Wie gehen wir am besten vor?"
        ),
        (
            "Guten Tag,\n\nam besten gehen wir das Schritt für Schritt durch. Welche Version läuft auf dem alten "
            "Server? Sie finden sie unter Hilfe > Über."
        ),
        "Dort steht 2026.2.1.",
        (
            "Vielen Dank. Bitte bringen Sie den alten Server zuerst auf 2026.3.0; dann ist der Umzug einfacher. "
            "Das Update dauert etwa zehn Minuten."
        ),
        "Das Update ist durch. Es kam eine Meldung, dass 14 Vorlagen angepasst wurden. Ist das in Ordnung?",
        (
            "Ja, das ist in Ordnung: Die Vorlagen bekommen das neue Feld für die Schulform. Als Nächstes sichern "
            "Sie bitte die Daten: Extras > Datensicherung > Vollständig."
        ),
        "Die Sicherung bricht bei 80 % ab. Es heißt, auf dem Laufwerk sei nicht genügend Platz.",
        "Wie viel Platz ist auf dem Laufwerk frei? Die Sicherung braucht ungefähr so viel wie die Datenbank selbst.",
        "Frei sind 3 GB, die Datenbank ist 5 GB groß.",
        "Dann wählen Sie in der Sicherung bitte ein anderes Ziel, zum Beispiel eine externe Festplatte.",
        "Mit der externen Festplatte hat es geklappt. Die Datei heißt sicherung-voll.stb.",
        "Sehr gut. Installieren Sie nun bitte das Programm auf dem neuen Server, aber öffnen Sie es noch nicht.",
        "Ist installiert. Der Assistent wollte einen Datenbanknamen, ich habe „schule“ genommen.",
        "Das passt. Kopieren Sie jetzt die Datei sicherung-voll.stb in den Ordner Sicherungen des neuen Servers.",
        "Erledigt. Soll ich sie dort einfach doppelklicken?",
        "Nein, bitte öffnen Sie das Programm und wählen Sie im ersten Fenster „Aus Sicherung wiederherstellen“.",
        "Es läuft. Die Anzeige steht bei 12 %, das wird wohl etwas dauern.",
        "Bei 5 GB rechnen Sie bitte mit etwa 20 Minuten. Lassen Sie das Fenster so lange geöffnet.",
        "Fertig! Jetzt fragt das Programm nach dem Lizenzschlüssel.",
        "Der Lizenzschlüssel steht auf Ihrem Supportvertrag. Er bleibt beim Umzug derselbe.",
        "Der Schlüssel wird angenommen, aber es heißt: „Bereits auf einem anderen Gerät aktiv“.",
        (
            "Das ist noch der alte Server. Melden Sie das Programm dort bitte unter Hilfe > Lizenz ab; danach "
            "klappt es auf dem neuen."
        ),
        "Ja, jetzt ist es freigeschaltet. Alle Schülerinnen und Schüler sind da, auch die Fotos.",
        "Prima. Bitte prüfen Sie noch, ob die Stundenpläne und die letzten Zeugnisse vollständig sind.",
        "Stundenpläne ja. Bei den Zeugnissen der 10 a fehlen die Unterschriften.",
        (
            "Die Unterschriften liegen in einem eigenen Ordner. Kopieren Sie bitte den Ordner Unterschriften vom "
            "alten auf den neuen Server."
        ),
        "Jetzt sind sie da. Müssen wir an den Arbeitsplätzen auch etwas ändern?",
        (
            "Nur die Adresse des Servers: Beim nächsten Start fragt das Programm danach. Tragen Sie dort bitte "
            "den Namen des neuen Servers ein."
        ),
        "Das hat an den ersten drei Plätzen geklappt. Die übrigen machen wir heute Nachmittag.",
        "Sehr schön. Melden Sie sich hier bitte kurz, sobald alle Plätze laufen; dann schließen wir den Umzug ab.",
    ),
)
