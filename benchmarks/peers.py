"""The same mails, sent by five programs: how many mails a second each sends on one core.

    python -m benchmarks.peers

Changecast, with its ledger; boto3 in a loop, as most scripts do it, and in threads; the AWS SDK for
JavaScript; and nodemailer with its SES transport. All of them send the same finished mails to the
same people through the same stub of SES, which takes 25 ms for an answer, on the same core. Only
Changecast also claims each recipient before the mail and settles each afterwards, which is what
makes a second mail impossible. The newest Node.js that the machine has runs the last two.
"""

import base64
import shutil
import subprocess
from pathlib import Path
from urllib.request import urlopen

from benchmarks.account import Account, Figures, account
from benchmarks.measure import ROOT, ROUNDS, pin_to_one_core, report
from benchmarks.sending import ADDRESSES, LOOPED, MAILS, PROCESSES, RENDERING, THREADS, bare
from changecast.customer.renderings.splice import load, splice

NPM = ROOT / "benchmarks" / "npm"
WAYS = ("changecast", "boto3_loop", "boto3_threads", "aws_sdk_js", "nodemailer")


def main() -> None:
    """Print two JSON lines per program: mails a second, and the CPU of a mail."""
    folder = _installed()
    taken: dict[str, list[Figures]] = {way: [] for way in WAYS}
    with account(MAILS) as place:
        pin_to_one_core()
        for _ in range(ROUNDS):
            _, hints = place.plan()
            mails = _mails(place)
            taken["changecast"].append(place.send(hints, PROCESSES))
            taken["boto3_loop"].append(bare(place, 1, LOOPED))
            taken["boto3_threads"].append(bare(place, THREADS, MAILS))
            for way, name in (("aws_sdk_js", "sdk"), ("nodemailer", "nodemailer")):
                command = ["node", str(folder / "senders.mjs"), name, str(THREADS)]
                taken[way] += place.run(command, mails)
        sent = place.counts("ses")["mails"]
    if sent != ROUNDS * (4 * MAILS + LOOPED):
        raise SystemExit(f"{sent} mails: not every program mailed everybody exactly once")
    for way, figures in taken.items():
        report(f"peers_rate_{way}", [each.units / each.wall for each in figures], "mails/s")
    for way, figures in taken.items():
        cpu = [1e3 * each.cpu / each.units for each in figures]
        report(f"peers_cpu_{way}", cpu, "ms CPU a mail")


def _mails(place: Account) -> list[tuple[str, str]]:
    """Return each address with its finished mail, in base64."""
    url = f"{place.urls['s3']}/{place.environment['MAILS_BUCKET']}/{RENDERING}"
    with urlopen(url) as answer:
        template = load(answer.read())
    return [(each, base64.b64encode(splice(template, each)).decode()) for each in ADDRESSES]


def _installed() -> Path:
    """Return the folder with the pinned packages of npm, installed."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        raise SystemExit("install Node.js and npm: two of the programs need them")
    folder = ROOT / "build" / "bench" / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    for file in NPM.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    command = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


if __name__ == "__main__":
    main()
