# SPDX-License-Identifier: GPL-2.0-or-later
"""An apt of our own: Debian 13's packages without touching the machine's apt.

It uses the machine's mirror, its Acquire settings (proxies and the like) and
its Debian archive keys, with lists and caches in a folder of ours.  Nothing
needs root.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import List, Optional
from urllib.parse import urlsplit

from .console import Stop, full_disk, disk_is_full, need_tools, say, tail

SUITES = ('trixie', 'trixie-updates')
# The archive's own path, that of a dated snapshot, or a list of mirrors
MIRROR_NAME = re.compile(r'/debian(/\d{8}T\d{6}Z|\.list)?$')
SHOW_PROGRESS = 5.0     # seconds between two lines about a download
KEYRINGS = ('/usr/share/keyrings/debian-archive-keyring.gpg',
            '/usr/share/keyrings/debian-archive-keyring.pgp')
ADVICE = ('check the network and the machine\'s apt sources, name a Debian '
          'mirror with --mirror=URL, or use a QEMU 10.0 source you have with '
          '--qemu-source=DIR|TARBALL|.dsc')


def machine_mirrors() -> List[str]:
    """Base addresses of Debian archive mirrors in the machine's apt sources.

    Third parties and the security archive are left out: what counts is a
    suite with no suffix, component main, and a path that ends in debian.
    """
    result = subprocess.run(
        ['apt-get', 'indextargets', '--format',
         '$(REPO_URI) $(RELEASE) $(COMPONENT)'],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False)
    mirrors: List[str] = []
    for line in sorted(set(result.stdout.splitlines())):
        words = line.split()
        if len(words) != 3 or words[2] != 'main' or '-' in words[1]:
            continue
        path = urlsplit(words[0]).path.rstrip('/')
        if MIRROR_NAME.search(path) and words[0] not in mirrors:
            mirrors.append(words[0])
    return mirrors


def debian_keyring() -> str:
    """The Debian archive's keys as the machine has them."""
    for keyring in KEYRINGS:
        if os.path.exists(keyring):
            return keyring
    raise Stop('the keys of the Debian archive are not installed',
               'install the package debian-archive-keyring (scripts/setup '
               'does) and run the same command again')


def folder_size(folders: List[Path]) -> int:
    """Bytes that the files of some folders take, as far as they stay."""
    total = 0
    for file in (file for folder in folders for file in folder.iterdir()):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            pass
    return total


class PrivateApt:
    """apt-get with sources, lists and caches in `folder`."""

    def __init__(self, folder: Path, mirror: Optional[str]) -> None:
        need_tools(['apt-get', 'apt-config', 'dpkg-deb'])
        self.folder = folder.absolute()
        self.log = self.folder / 'apt.log'
        mirrors = [mirror] if mirror else machine_mirrors()
        if not mirrors:
            raise Stop('the machine\'s apt sources name no Debian mirror',
                       ADVICE)
        self.mirrors = mirrors
        for part in ('empty', 'state/lists/partial', 'cache/archives/partial'):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / 'status').touch()
        (self.folder / 'apt.conf').write_text(self.configuration())

    def configuration(self) -> str:
        """apt.conf: the machine's Acquire settings and our own folders."""
        dump = subprocess.run(['apt-config', 'dump'], stdout=subprocess.PIPE,
                              text=True, check=False).stdout
        acquire = [line for line in dump.splitlines()
                   if line.startswith('Acquire::')
                   and not line.startswith('Acquire::Languages')]
        ours = {
            'Dir::State': 'state', 'Dir::State::status': 'status',
            'Dir::Cache': 'cache', 'Dir::Etc::sourcelist': 'sources.list',
            'Dir::Etc::sourceparts': 'empty', 'Dir::Etc::parts': 'empty',
            'Dir::Etc::main': 'empty/none',
            'Dir::Etc::preferences': 'empty/none',
            'Dir::Etc::preferencesparts': 'empty',
        }
        return '\n'.join(
            acquire + [f'{key} "{self.folder / value}";'
                       for key, value in ours.items()]
            + ['Acquire::Languages "none";', 'Acquire::Retries "2";',
               'Acquire::http::Timeout "30";',
               'Acquire::AllowInsecureRepositories "false";',
               'Acquire::AllowWeakRepositories "false";',
               'Acquire::AllowDowngradeToInsecureRepositories "false";',
               'APT::Get::AllowUnauthenticated "false";',
               f'APT::Sandbox::User "{"root" if os.geteuid() == 0 else ""}";',
               'APT::Get::List-Cleanup "true";', ''])

    def run(self, command: List[str], cwd: Optional[Path] = None) -> bool:
        """Run apt-get; its output goes to the log.  True if it succeeded."""
        environment = dict(os.environ, LC_ALL='C',
                           APT_CONFIG=str(self.folder / 'apt.conf'))
        with self.log.open('ab') as output:
            process = subprocess.Popen(
                ['apt-get', '-q', *command], cwd=cwd or self.folder,
                env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output)
            status = self.wait(process, cwd)
        if status and disk_is_full(cwd or self.folder):
            raise full_disk(cwd or self.folder)
        return status == 0

    def wait(self, process: 'subprocess.Popen[bytes]',
             target: Optional[Path]) -> int:
        """Wait for apt-get, saying now and then how much has come so far."""
        folders = [folder for folder in (target, self.folder / 'state/lists',
                                         self.folder / 'state/lists/partial')
                   if folder]
        before = folder_size(folders)
        while True:
            try:
                return process.wait(SHOW_PROGRESS)
            except subprocess.TimeoutExpired:
                megabytes = (folder_size(folders) - before) / 1e6
                say(f'  {megabytes:.1f} MB so far')

    def update(self) -> None:
        """Get the signed package lists from the first mirror that has them."""
        self.log.write_text('')
        for mirror in self.mirrors:
            say(f'  package lists of Debian 13 from {urlsplit(mirror).netloc or mirror}')
            keyring = debian_keyring()
            (self.folder / 'sources.list').write_text(''.join(
                f'{kind} [signed-by={keyring}] {mirror} {suite} main\n'
                for suite in SUITES for kind in ('deb', 'deb-src')))
            if self.run(['update', '-o', 'APT::Update::Error-Mode=any']):
                return
        print(tail(self.log, 8))
        text = self.log.read_text(errors='replace')
        if 'NO_PUBKEY' in text or 'not signed' in text:
            raise Stop('the Debian 13 archive\'s signature could not be '
                       'checked with the keys of this machine',
                       'upgrade the package debian-archive-keyring and run '
                       'the same command again')
        raise Stop('Debian 13\'s package lists could not be got '
                   f'(log: {self.log})', ADVICE)

    def source(self, package: str, target: Path) -> None:
        """Download a source package's files into `target`, checked by apt."""
        if not self.run(['source', '--download-only', '--only-source',
                         package], target):
            self.failed(f'the source package {package}')

    def binary(self, package: str, target: Path) -> None:
        """Download a package into `target`, checked by apt."""
        if not self.run(['download', package], target):
            self.failed(f'the package {package}')

    def failed(self, what: str) -> None:
        """Stop because a download failed."""
        print(tail(self.log, 8))
        raise Stop(f'{what} could not be downloaded (log: {self.log})', ADVICE)
