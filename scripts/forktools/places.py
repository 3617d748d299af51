# SPDX-License-Identifier: GPL-2.0-or-later
"""Where everything lies: the project, its build folder, the download cache."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Dict

from .console import Stop

CONFIG_FORMAT = '1'     # to change with the variables in config.mak
# Folders of the project whose files go into the QEMU tree under the same path
OVERLAY_FOLDERS = ('include', 'hw', 'acpi', 'qapi', 'tests/qtest')


@dataclass(frozen=True)
class Places:
    """Absolute paths of one checkout of the project."""
    top: Path
    cache: Path

    @property
    def build(self) -> Path:
        """All that configure and make produce."""
        return self.top / 'build'

    @property
    def stock(self) -> Path:
        """The pristine source and its build."""
        return self.build / 'stock'

    @property
    def pristine(self) -> Path:
        """QEMU's source as it came."""
        return self.stock / 'src'

    @property
    def fork(self) -> Path:
        """The fork's tree and its builds."""
        return self.build / 'fork'

    @property
    def tree(self) -> Path:
        """QEMU's source with our files and hooks."""
        return self.fork / 'src'

    @property
    def config(self) -> Path:
        """What configure decided, as make variables."""
        return self.build / 'config.mak'


def find_places() -> Places:
    """The places of the checkout that this program belongs to."""
    cache = os.environ.get('QEMU_HOTPLUG_CACHE')
    if not cache:
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        cache = os.path.join(base, 'qemu-hotplug')
    return Places(Path(__file__).resolve().parents[2], Path(cache).absolute())


def read_config(places: Places) -> Dict[str, str]:
    """Variables of build/config.mak; Stop if configure has not run."""
    try:
        lines = places.config.read_text().splitlines()
    except OSError as error:
        raise Stop('the project is not configured', 'run ./configure') from error
    pairs = (line.split('=', 1) for line in lines
             if '=' in line and not line.startswith('#'))
    config = {name.strip(): value.strip() for name, value in pairs}
    if config.get('CONFIG_FORMAT') != CONFIG_FORMAT \
            or config['PROJECT'] != str(places.top):
        raise Stop('the project was configured elsewhere or by another '
                   'version of itself', 'run ./configure again')
    return config
