# SPDX-License-Identifier: GPL-2.0-or-later
"""The test runner: reading TAP, choosing suites, adding up, giving up."""

import json
import subprocess
import time
import unittest
from pathlib import Path
from typing import List

from forktools.console import Stop
from forktools.suites import load_suites, select
from forktools.tap import Tally

from fake_qemu import ProjectTest, write_files


def tally(*lines: str, status: int = 0, timed_out: bool = False) -> Tally:
    """A finished tally of some output."""
    result = Tally()
    for line in lines:
        result.feed(line + '\n')
    result.finish(status, timed_out)
    return result


class Tap(unittest.TestCase):
    """What counts as passed, failed and skipped."""

    def assert_counts(self, result: Tally, *counts: int) -> None:
        self.assertEqual(tuple(result.count(verdict) for verdict in
                               ('passed', 'failed', 'skipped')), counts)

    def test_plain(self) -> None:
        self.assert_counts(tally('TAP version 13', '1..3', 'ok 1 - a',
                                 'not ok 2 - b', 'ok 3', status=1), 2, 1, 0)

    def test_glib_and_cmocka_forms(self) -> None:
        result = tally('# random seed: 1', 'ok 1 /x86_64/q35/smram',
                       'ok 2 /x # SKIP no device', 'not ok 3 # SKIP test_c')
        self.assert_counts(result, 1, 0, 2)
        self.assertEqual(result.results[0].name, '/x86_64/q35/smram')
        self.assertEqual(result.results[1].reason, 'no device')

    def test_known_failure(self) -> None:
        result = tally('not ok 1 - a # TODO stock fails too', 'ok 2 - b # TODO')
        self.assert_counts(result, 1, 0, 1)
        self.assertIn('stock fails too', result.results[0].reason)

    def test_indented_subtests_and_chatter_do_not_count(self) -> None:
        self.assert_counts(tally('    ok 1 - inner', 'okay', 'not okay',
                                 'ok 1 - outer'), 1, 0, 0)

    def test_skip_all(self) -> None:
        result = tally('1..0 # SKIP no display')
        self.assert_counts(result, 0, 0, 1)
        self.assertEqual(result.results[0].reason, 'no display')

    def test_two_programs(self) -> None:
        self.assert_counts(tally('1..1', 'ok 1 - a', '1..2', 'ok 1 - b',
                                 'ok 2 - c'), 3, 0, 0)

    def test_missing_results(self) -> None:
        self.assert_counts(tally('1..3', 'ok 1 - a'), 1, 1, 0)
        self.assert_counts(tally('1..1', 'ok 1', '1..2', 'ok 1'), 2, 1, 0)

    def test_crash_after_good_results(self) -> None:
        self.assert_counts(tally('ok 1 - a', status=-11), 1, 1, 0)

    def test_nothing_printed(self) -> None:
        self.assert_counts(tally(), 0, 1, 0)

    def test_bail_out(self) -> None:
        self.assert_counts(tally('ok 1', 'Bail out! broken'), 1, 1, 0)

    def test_time_over(self) -> None:
        self.assert_counts(tally('ok 1', timed_out=True, status=-15), 1, 1, 0)


SUITE = '''
[[suite]]
name = "{}"
tier = "{}"
kind = "{}"
command = """{}"""
'''


class Runner(ProjectTest):
    """scripts/run-tests in a scratch project."""

    def setUp(self) -> None:
        super().setUp()
        self.install_scripts()

    def suites(self, *entries: str) -> None:
        """Write tests/suites.toml."""
        write_files(self.top, {'tests/suites.toml': ''.join(entries)})

    def run_tests(self, *options: str) -> 'subprocess.CompletedProcess[str]':
        """Run the runner."""
        return self.run_program('scripts/run-tests', *options)

    def last_line(self, result: 'subprocess.CompletedProcess[str]') -> str:
        """The closing line."""
        return result.stdout.splitlines()[-1]

    def test_all_pass(self) -> None:
        self.suites(SUITE.format('one', 'unit', 'unit', 'echo ok 1 - a'),
                    SUITE.format('two', 'check', 'qtest',
                                 'echo ok 1 - b; echo "ok 2 - c # SKIP why"'))
        result = self.run_tests()
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(self.last_line(result),
                         '2 passed, 0 failed, 1 skipped')
        self.assertIn('two: why', result.stdout)
        self.assertIn('what took how long', result.stdout)

    def test_failure_shows_the_log(self) -> None:
        self.suites(SUITE.format('one', 'unit', 'unit', 'echo ok 1 - a'),
                    SUITE.format('bad', 'unit', 'unit',
                                 'echo the reason; echo not ok 1 - b; '
                                 'seq 1000; false'))
        result = self.run_tests()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.last_line(result),
                         '1 passed, 1 failed, 0 skipped')
        self.assertIn('not ok: b', result.stdout)
        self.assertIn('    the reason', result.stdout)
        log = self.places.build / 'report/bad.log'
        self.assertIn('the reason', log.read_text())

    def test_results_are_left_for_programs(self) -> None:
        self.suites(SUITE.format('one', 'unit', 'unit', 'echo ok 1 - a'))
        self.run_tests()
        report = self.places.build / 'report/results.json'
        self.assertEqual(json.loads(report.read_text())['one'][0]['name'], 'a')

    def test_unmet_need_is_a_skip_with_its_reason(self) -> None:
        self.suites(SUITE.format('one', 'unit', 'unit', 'echo ok 1 - a'),
                    SUITE.format('two', 'unit', 'unit', 'echo ok 1')
                    + 'needs = ["build"]\n',
                    SUITE.format('three', 'unit', 'unit', 'echo ok 1')
                    + 'needs = ["no-such-program"]\n')
        result = self.run_tests()
        self.assertEqual(self.last_line(result),
                         '1 passed, 0 failed, 2 skipped')
        self.assertIn('two: the fork is not built: run make', result.stdout)
        self.assertIn('three: no-such-program is not installed', result.stdout)

    def test_time_limit_ends_all_that_was_started(self) -> None:
        self.suites(SUITE.format('slow', 'unit', 'unit',
                                 'echo ok 1; sleep 77 & echo $! >pid; wait')
                    + 'timeout = 1\n')
        began = time.monotonic()
        result = self.run_tests()
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(self.last_line(result),
                         '1 passed, 1 failed, 0 skipped')
        state = Path(f'/proc/{(self.top / "pid").read_text().strip()}/stat')
        # Its parent is gone: the system's first process may yet have to
        # collect it
        deadline = time.monotonic() + 20
        while state.exists() and ') Z ' not in state.read_text():
            self.assertLess(time.monotonic(), deadline, 'it still runs')
            time.sleep(0.1)

    def test_variables_that_suites_get(self) -> None:
        names = ('PROJECT', 'BUILD', 'QEMU', 'QEMU_AARCH64', 'STOCK_QEMU',
                 'QEMU_TREE', 'QEMU_BUILD', 'REFERENCE_BUILD', 'QEMU_PRISTINE',
                 'CACHE', 'REPORT', 'TIER')
        self.suites(SUITE.format('one', 'unit', 'unit', ' && '.join(
            f'test -n "${name}"' for name in names) + ' && echo ok 1'))
        self.assertEqual(self.run_tests().returncode, 0)

    def test_exclusive_suites_run_alone(self) -> None:
        script = ('test ! -e busy || echo not ok 1 - alone; touch busy; '
                  'sleep 0.3; rm busy; echo ok 1')
        self.suites(*(SUITE.format(name, 'unit', 'unit', script)
                      + 'exclusive = true\n' for name in 'abc'))
        result = self.run_tests('--jobs=3')
        self.assertEqual(self.last_line(result),
                         '3 passed, 0 failed, 0 skipped')

    def test_suites_run_side_by_side(self) -> None:
        script = ('touch here-{0}; for n in $(seq 100); do '
                  'test -e here-{1} && break; sleep 0.1; done; '
                  'test -e here-{1} && echo ok 1')
        self.suites(SUITE.format('a', 'unit', 'unit', script.format('a', 'b')),
                    SUITE.format('b', 'unit', 'unit', script.format('b', 'a')))
        self.assertEqual(self.run_tests('--jobs=2').returncode, 0)


class Choice(ProjectTest):
    """Which suites a tier, a kind or names stand for."""

    def load(self, text: str) -> list:
        write_files(self.top, {'tests/suites.toml': text})
        return load_suites(self.top / 'tests/suites.toml')

    def names(self, *choice: object) -> List[str]:
        suites = self.load(''.join(
            SUITE.format(f'{tier}-{kind}', tier, kind, 'x')
            for tier in ('unit', 'check', 'full') for kind in ('unit', 'boot')))
        return [suite.name for suite in select(suites, *choice)]

    def test_tiers_hold_those_below(self) -> None:
        self.assertEqual(self.names('unit', None, []),
                         ['unit-unit', 'unit-boot'])
        self.assertEqual(len(self.names('full', None, [])), 6)

    def test_kind(self) -> None:
        self.assertEqual(self.names('check', 'boot', []),
                         ['unit-boot', 'check-boot'])

    def test_names(self) -> None:
        self.assertEqual(self.names('unit', None, ['full-boot']), ['full-boot'])
        with self.assertRaises(Stop):
            self.names('unit', None, ['no-such'])

    def test_wrong_entries(self) -> None:
        good = SUITE.format('a', 'unit', 'unit', 'x')
        for text in (good + 'speed = 1\n', good.replace('"unit"', '"late"'),
                     good.replace('command', '#'), good + good, 'suite'):
            with self.subTest(text), self.assertRaises(Stop):
                self.load(text)


if __name__ == '__main__':
    unittest.main()
