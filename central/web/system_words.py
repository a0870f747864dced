"""What the page of the system's health says. English keys of the catalogues."""

OK, LOOK, BAD, UNKNOWN = "ok", "look", "bad", "unknown"
SIGNS = {OK: "✓", LOOK: "!", BAD: "✕", UNKNOWN: "?"}
STATES = {OK: "well", LOOK: "needs a look", BAD: "needs somebody now", UNKNOWN: "unknown"}
TITLES = {
    "intake": "Intake",
    "loops": "Parts of this process",
    "doors": "Devices",
    "backlog": "Events still to come from the doors",
    "judging": "Days still to be judged",
    "unjudged": "Facts that could not be judged",
    "quarantine": "Quarantine",
    "forks": "Forks: two versions of an event",
    "gaps": "Gaps: events that cannot come",
    "cards": "Cards and journals",
    "clocks": "Clocks",
    "certificates": "Certificates",
    "heads": "Signed heads of the audit log",
    "backups": "Backups",
}
TODO = {
    "intake": "Start central, or its collector (`diemdanh-central collect`), and look at the broker: the doors keep "
    "everything meanwhile and send it then.",
    "loops": "Look at the log of central; if it stays so, restart it. Nothing is lost by that.",
    "doors": "Open each device below: its page says what to do.",
    "backlog": "Wait some minutes: the doors are sending. If a door stays below, look whether its network is slow.",
    "judging": "Wait: they are worked off, newest dates first. If the number does not fall, look whether the evaluator "
    "runs (`diemdanh-central evaluate-loop`).",
    "unjudged": "Send the log of central to whoever looks after the program. The last verdict of these people stays.",
    "quarantine": "Messages of unknown stations wait for their registration: let the station in, or find out whose it "
    "is. For all others open the device.",
    "forks": "Decide by a document which version counts: `diemdanh-central device fork`.",
    "gaps": "Nobody is accused by it. Find out why they were lost: a card that wears out is replaced.",
    "cards": "Open each device below: its page says what to do.",
    "clocks": "Let the door reach a time server, or put a battery clock in. Until then its times are estimates.",
    "certificates": "A station renews it by itself while it is connected. Bring it into the network before that day.",
    "heads": "Start the collector: it signs a head at the close of each day and sends it to every door.",
    "backups": "Look at the timer (`systemctl status diemdanh-backup.timer`), and take one now: "
    "`diemdanh-central backup take`.",
}
NO_FOLDER = "no folder is set: nobody knows whether there are backups"
SET_FOLDER = (
    "Make a key (`diemdanh-central backup key`), set backup.folder and backup.recipients, and switch the timer on."
)
