"""Kill -9 at a random moment, resume, and compare the adapter's digest with that of an undisturbed run."""

import hashlib
import random
import shutil
import subprocess
import time

import conversations
import ours
from places import BUNDLED, THREADS, WORK, shown

RECIPE = {"batch_size": 8, "epochs": 2, "snapshot": "\n  every_steps: 3", "learning_rate": 1e-3}


def trials(count, seed=1):
    """Digests and moments of `count` trials, and the digest of the undisturbed run."""
    folder = WORK / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = conversations.write("kills", 200, 60, 30)
    line = ours.command(BUNDLED, data, folder / "whole.gguf", RECIPE, THREADS)
    start = time.perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - start
    expected = digest(folder / "whole.gguf")
    generator = random.Random(seed)
    found = []
    for trial in range(count):
        output = folder / f"trial-{trial}.gguf"
        line = ours.command(BUNDLED, data, output, RECIPE, threads := 1 + trial % THREADS)
        moment = generator.uniform(0, whole)
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.kill()
        was_killed = process.wait() != 0
        subprocess.run([*line, "--resume"], check=True, stdout=subprocess.DEVNULL)
        found.append({
            "moment": moment, "threads": threads, "was_killed": was_killed, "same": digest(output) == expected})
    return {"seconds": whole, "digest": expected, "trials": found, "command": shown(line)}


def digest(path):
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
