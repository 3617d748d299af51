# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/run-tests: run suites, add up their TAP, say what took how long."""

import argparse
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Dict, List

from .console import need_space, say
from .places import Places, find_places
from .results import (Progress, Run, past_durations, print_durations,
                      print_skips, write_report)
from .suites import (KINDS, TIERS, Suite, environment, load_suites, select,
                     unmet)


def end_group(process: 'subprocess.Popen[str]') -> None:
    """End a suite and all that it started: politely, then for certain."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def execute(run: Run, places: Places, variables: Dict[str, str]) -> None:
    """Run one suite to its end; its log gets all that it prints."""
    def out_of_time() -> None:
        run.timed_out = True
        end_group(process)

    with run.log.open('w', buffering=1) as log:
        process = subprocess.Popen(
            ['/bin/bash', '-c', run.suite.command], cwd=places.top, text=True,
            errors='replace', env={**os.environ, **variables},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        run.process = process
        timer = threading.Timer(run.suite.timeout, out_of_time)
        timer.start()
        try:
            for line in process.stdout:
                log.write(line)
                run.tally.feed(line)
            status = process.wait()
        finally:
            timer.cancel()
            end_group(process)
        run.tally.finish(status, run.timed_out)


class Scheduler:
    """Runs suites, several at a time but for the exclusive ones."""

    def __init__(self, places: Places, variables: Dict[str, str],
                 jobs: int, progress: Progress) -> None:
        self.places = places
        self.variables = variables
        self.jobs = jobs
        self.progress = progress
        self.active: List[Run] = []
        self.finished: 'queue.Queue[Run]' = queue.Queue()

    def start(self, run: Run) -> None:
        """Start a suite in a thread of its own."""
        def work() -> None:
            try:
                execute(run, self.places, self.variables)
            except OSError as error:
                run.tally.add('failed', f'could not be run: {error}')
            self.finished.put(run)

        run.started = time.monotonic()
        self.active.append(run)
        threading.Thread(target=work, daemon=True).start()

    def wait(self) -> None:
        """Wait until one suite has ended."""
        while True:
            try:
                run = self.finished.get(timeout=1)
            except queue.Empty:
                self.progress.running(self.active)
                continue
            run.seconds = time.monotonic() - run.started
            self.active.remove(run)
            self.progress.ended(run)
            return

    def all(self, runs: List[Run]) -> None:
        """Run everything: what can share the machine first."""
        for group, limit in (([r for r in runs if not r.suite.exclusive],
                              self.jobs),
                             ([r for r in runs if r.suite.exclusive], 1)):
            for run in group:
                while len(self.active) >= limit:
                    self.wait()
                self.start(run)
            while self.active:
                self.wait()

    def end_all(self) -> None:
        """End what still runs, after an interruption."""
        for run in self.active:
            if run.process:
                end_group(run.process)


def prepare(chosen: List[Suite], report: Path,
            variables: Dict[str, str]) -> List[Run]:
    """A run for each suite; those that cannot run are skipped at once."""
    runs = []
    for suite in chosen:
        run = Run(suite, report / f'{suite.name}.log')
        reason = unmet(suite, variables)
        if reason:
            run.tally.add('skipped', 'all', reason)
        runs.append(run)
    return runs


def run_suites(places: Places, chosen: List[Suite], tier: str,
               jobs: int) -> List[Run]:
    """Run suites, longest first as far as is known, and report."""
    report = places.build / 'report'
    report.mkdir(parents=True, exist_ok=True)
    need_space(report, 200, 'the tests')
    variables = environment(places, tier)
    runs = prepare(chosen, report, variables)
    progress = Progress(len(runs))
    for run in runs:
        if run.tally.results:
            progress.ended(run)
    past = past_durations(report)
    waiting = [run for run in runs if not run.tally.results]
    waiting.sort(key=lambda run: -past.get(run.suite.name, 0))
    scheduler = Scheduler(places, variables, jobs, progress)
    try:
        scheduler.all(waiting)
    finally:
        scheduler.end_all()
        write_report(runs, report)
    return runs


def main() -> int:
    """Run the test suites of a tier, or those named."""
    parser = argparse.ArgumentParser(prog='run-tests', description=main.__doc__)
    parser.add_argument('suite', nargs='*', help='suites to run')
    parser.add_argument('--tier', choices=TIERS, default='check')
    parser.add_argument('--kind', choices=KINDS)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1,
                        help='suites at a time [%(default)s]')
    parser.add_argument('--list', action='store_true', help='only list them')
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    places = find_places()
    chosen = select(load_suites(places.top / 'tests/suites.toml'),
                    options.tier, options.kind, options.suite)
    if options.list:
        for suite in chosen:
            say(f'{suite.name:32} {suite.tier:6} {suite.kind:6} {suite.command}')
        return 0
    runs = run_suites(places, chosen, options.tier, max(1, options.jobs))
    print_skips(runs)
    print_durations(runs, places)
    totals = [sum(run.tally.count(verdict) for run in runs)
              for verdict in ('passed', 'failed', 'skipped')]
    say(f'\n{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped')
    sys.stdout.flush()
    return 1 if totals[1] or not runs else 0
