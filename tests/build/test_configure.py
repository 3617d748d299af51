# SPDX-License-Identifier: GPL-2.0-or-later
"""configure and make from end to end, on a tiny tree that stands for QEMU."""

import json
import os
import subprocess
import time
import unittest
from pathlib import Path

from forktools.places import Places

from fake_qemu import ProjectTest, in_namespace, write_files

# A stand-in for apt: its "archive" is a folder of files
FAKE_APT = '''\
echo "$@" >>"$HOME/apt-calls"
case "$*" in
*indextargets*) echo "http://mirror.test/debian/ bookworm main" ;;
*source*--download-only*) cp "$HOME"/archive/qemu* . ;;
*download*meson*) cp "$HOME"/archive/meson* . ;;
esac
'''


class Scripts(ProjectTest):
    """A scratch project with our scripts in it."""

    def setUp(self) -> None:
        super().setUp()
        self.install_scripts()
        self.fake_program('ccache', 'exec "$@"')
        meson = self.scratch / 'meson/usr/lib/python3/dist-packages'
        write_files(meson, {'meson-1.7.0.egg-info/PKG-INFO':
                            'Metadata-Version: 2.1\nName: meson\n'
                            'Version: 1.7.0\n'})
        write_files(self.scratch / 'meson/DEBIAN', {
            'control': 'Package: meson\nVersion: 1.7.0-1\nArchitecture: all\n'
                       'Maintainer: nobody <nobody@example.org>\n'
                       'Description: test\n'})
        self.meson = self.scratch / 'meson_1.7.0-1_all.deb'
        subprocess.run(['dpkg-deb', '--build', str(self.scratch / 'meson'),
                        str(self.meson)], check=True,
                       stdout=subprocess.DEVNULL)

    def configure(self, *options: str, **variables: str
                  ) -> 'subprocess.CompletedProcess[str]':
        """Run configure with the tree and Meson at hand."""
        return self.run_configure(f'--qemu-source={self.qemu}',
                                  f'--meson={self.meson}', *options,
                                  **variables)

    def assert_good(self, result: 'subprocess.CompletedProcess[str]') -> None:
        """A program succeeded."""
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def built(self, name: str = 'qemu-system-x86_64') -> str:
        """What a "binary" of the fork holds."""
        return (self.places.build / name).read_text()


class Success(Scripts):
    """What configure and make leave behind."""

    def test_folder_then_build_then_edit(self) -> None:
        self.assert_good(self.configure())
        config = (self.places.config).read_text()
        self.assertIn(f'QEMU_TREE={self.places.tree}\n', config)
        self.assertIn('QEMU_VERSION=10.0.99\n', config)
        self.assert_good(self.run_program('scripts/build-qemu', 'all'))
        self.assertEqual(self.built(), 'int other(void)\n{\n    return 2;\n}\n'
                         'int model;\n')
        write_files(self.top, {'hw/model/new.c': 'int edited;\n'})
        result = self.run_program('scripts/build-qemu', 'all')
        self.assert_good(result)
        self.assertIn('int edited;', self.built())
        self.assertIn('[1/1', result.stdout)

    def test_second_run_does_nothing(self) -> None:
        self.assert_good(self.configure())
        before = {path: path.lstat().st_mtime_ns
                  for path in self.places.build.rglob('*')}
        time.sleep(0.01)
        result = self.configure()
        self.assert_good(result)
        self.assertEqual(result.stdout.count('\n'), 1, result.stdout)
        after = {path: path.lstat().st_mtime_ns
                 for path in self.places.build.rglob('*') if path in before}
        self.assertEqual({p for p in after if p.is_file()
                          and after[p] != before[p]}, set())

    def test_tarball(self) -> None:
        self.assert_good(self.run_configure(
            f'--qemu-source={self.tarball()}', f'--meson={self.meson}'))
        self.assertTrue((self.places.tree / 'hw/acpi/whole.c').is_symlink())

    def test_flags_reach_qemu(self) -> None:
        self.assert_good(self.configure('--enable-sanitizers', '--reference'))
        arguments = (self.places.fork / 'obj/arguments').read_text()
        for flag in ('--target-list=x86_64-softmmu,aarch64-softmmu',
                     '--enable-kvm', '--enable-vnc', '--firmwarepath='):
            self.assertIn(flag, arguments)
        self.assertIn('--enable-asan', (self.places.fork
                                        / 'obj-asan/arguments').read_text())
        self.assertEqual((self.places.stock / 'obj/arguments').read_text(),
                         arguments)

    def test_meson_is_found_by_a_bare_ninja(self) -> None:
        self.assert_good(self.configure())
        paths = list(self.places.fork.glob(
            'obj/pyvenv/lib/python3.99/site-packages/meson.pth'))
        self.assertEqual(paths[0].read_text(),
                         f'{self.places.build}/meson\n')

    def test_changed_source_folder_is_copied_again(self) -> None:
        self.assert_good(self.configure())
        write_files(self.qemu, {'hw/acpi/lamp.c': 'int lamp(void)\n{\n}\n'})
        self.assert_good(self.configure())
        self.assertEqual((self.places.tree / 'hw/acpi/lamp.c').read_text(), '')

    def test_install_and_export(self) -> None:
        self.assert_good(self.configure('--prefix=/opt/fork'))
        self.assert_good(self.run_program('scripts/build-qemu', 'fork'))
        self.assert_good(self.run_program('scripts/install-qemu',
                                          DESTDIR=str(self.scratch / 'image')))
        binary = self.scratch / 'image/opt/fork/bin/qemu-system-x86_64'
        self.assertTrue(os.access(binary, os.X_OK))
        target = self.scratch / 'exported'
        self.assert_good(self.run_program('scripts/export-fork', str(target)))
        self.assertFalse(any(p.is_symlink() for p in target.rglob('*')))
        self.assertEqual((target / 'hw/acpi/whole.c').read_text(),
                         'int ours;\n')
        again = self.run_program('scripts/export-fork', str(target))
        self.assertEqual(again.returncode, 1)
        self.assertIn('exists already', again.stderr)


class Downloads(Scripts):
    """Getting the source through a stand-in for apt."""

    def setUp(self) -> None:
        super().setUp()
        archive = self.scratch / 'archive'
        archive.mkdir()
        os.replace(self.meson, archive / self.meson.name)
        self.tarball('archive/qemu_10.0.99.orig.tar.xz')
        write_files(archive, {'qemu_10.0.99.dsc': 'stands for a signed list\n'})
        self.fake_program('apt-get', FAKE_APT)
        self.fake_program('apt-config', 'true')
        self.fake_program('dpkg-source', 'mkdir "$4" && tar -xf '
                          '"$(dirname "$3")/qemu_10.0.99.orig.tar.xz" '
                          '-C "$4" --strip-components=1')

    def calls(self) -> str:
        """All calls of the stand-in."""
        return (self.scratch / 'apt-calls').read_text()

    def test_download_once_then_cache(self) -> None:
        self.assert_good(self.run_configure())
        self.assertEqual(self.calls().count('update'), 1)
        self.assertIn('mirror.test', (self.places.build
                                      / 'apt/sources.list').read_text())
        subprocess.run(['rm', '-r', str(self.places.build),
                        str(self.scratch / 'apt-calls')], check=True)
        result = self.run_configure()
        self.assert_good(result)
        self.assertIn('from the cache', result.stdout)
        self.assertFalse((self.scratch / 'apt-calls').exists())

    def test_damaged_download_is_got_again(self) -> None:
        self.assert_good(self.run_configure())
        name = 'qemu-source/qemu_10.0.99.orig.tar.xz'
        (self.places.cache / name).write_text('damaged')
        subprocess.run(['rm', '-r', str(self.places.build)], check=True)
        self.assert_good(self.run_configure())
        self.assertEqual(self.calls().count('update'), 2)

    def test_failed_download_then_second_run(self) -> None:
        archive = self.scratch / 'archive'
        os.rename(archive / self.meson.name, self.scratch / 'away')
        self.fake_program('apt-get', FAKE_APT.replace('cp', 'exec cp'))
        result = self.run_configure()
        self.assert_one_message(result, 'meson', '--qemu-source=')
        os.rename(self.scratch / 'away', archive / self.meson.name)
        result = self.run_configure()
        self.assert_good(result)
        self.assertIn('source (40 MB): from the cache', result.stdout)
        self.assertNotIn('unpacking', result.stdout)

    def test_no_mirror_in_apts_sources(self) -> None:
        self.fake_program('apt-get', FAKE_APT.replace('main', 'stable'))
        self.assert_one_message(self.run_configure(), 'no Debian mirror',
                                '--mirror=')

    def test_security_and_third_parties_are_no_mirrors(self) -> None:
        self.fake_program('apt-get', FAKE_APT.replace(
            'echo "http://mirror.test/debian/ bookworm main"',
            'printf "%s main\\n" "http://s.test/debian-security/ x-security"'
            ' "http://m.test/debian/12/prod bookworm"'
            ' "http://good.test/debian/ bookworm-updates"'
            ' "http://good.test/debian/ bookworm"'))
        self.assert_good(self.run_configure())
        sources = (self.places.build / 'apt/sources.list').read_text()
        self.assertEqual(sources.count('http://good.test/debian/'),
                         sources.count('\n'))

    def test_unsigned_archive(self) -> None:
        self.use_machines_apt()
        write_files(self.scratch / 'mirror/debian/dists', {
            f'{suite}/Release': 'Suite: stable\nCodename: trixie\n'
                                'Components: main\nArchitectures: all\n'
            for suite in ('trixie', 'trixie-updates')})
        self.fake_program('apt-config',
                          'echo \'Acquire::AllowInsecureRepositories "1";\'')
        result = self.run_configure(
            f'--mirror=file:{self.scratch}/mirror/debian')
        self.assert_one_message(result, 'signature',
                                'debian-archive-keyring')

    def use_machines_apt(self) -> None:
        """Do without the stand-ins."""
        for name in ('apt-get', 'apt-config'):
            (self.scratch / 'bin' / name).unlink()

    def test_mirror_out_of_reach(self) -> None:
        self.use_machines_apt()
        result = self.run_configure('--mirror=http://127.0.0.1:9/debian')
        self.assert_one_message(result, 'could not be got', '--qemu-source=')


class Refusals(Scripts):
    """Each obstacle ends with one message; afterwards all can go on."""

    def test_wrong_series(self) -> None:
        write_files(self.qemu, {'VERSION': '9.2.1\n'})
        self.assert_one_message(self.configure(), '9.2.1', '10.0')
        self.assertFalse(self.places.config.exists())
        write_files(self.qemu, {'VERSION': '10.0.1\n'})
        self.assert_good(self.configure())

    def test_not_qemu(self) -> None:
        folder = self.scratch / 'empty'
        folder.mkdir()
        self.assert_one_message(
            self.run_configure(f'--qemu-source={folder}'), 'not hold QEMU')

    def test_absent_source(self) -> None:
        self.assert_one_message(
            self.run_configure('--qemu-source=/no/such'), '/no/such')

    def test_damaged_tarball(self) -> None:
        path = self.tarball()
        path.write_bytes(path.read_bytes()[:200])
        self.assert_one_message(self.run_configure(f'--qemu-source={path}'),
                                'could not be unpacked')

    def test_hook_that_does_not_fit(self) -> None:
        good = (self.top / 'hooks/qemu-10.0.toml').read_text()
        write_files(self.top, {'hooks/qemu-10.0.toml':
                               good.replace('["lamp"]', '["candle"]')})
        self.assert_one_message(self.configure(), 'cut the lamp',
                                'hw/acpi/lamp.c', 'candle', 'qemu-10.0.toml')
        write_files(self.top, {'hooks/qemu-10.0.toml': good})
        result = self.configure()
        self.assert_good(result)
        self.assertNotIn('unpacking', result.stdout)

    def test_missing_tools_all_named(self) -> None:
        tools = self.scratch / 'tools'
        tools.mkdir()
        for name in ('sh', 'dirname', 'cc', 'make', 'tar', 'bzip2', 'env'):
            (tools / name).symlink_to(f'/usr/bin/{name}')
        self.assert_one_message(self.configure(PATH=str(tools)), 'ninja',
                                'flex', 'bison', 'scripts/setup')

    def test_missing_compiler(self) -> None:
        self.assert_one_message(self.configure(CC='no-such-cc -O2'),
                                'no-such-cc', 'scripts/setup')

    def test_missing_python(self) -> None:
        result = in_namespace(
            'mount --bind /bin/false /usr/bin/python3',
            f'PATH={self.scratch} PYTHON= {self.top}/configure')
        self.assertEqual(result.returncode, 1)
        self.assertIn('configure: error: Python 3.11', result.stderr)
        self.assertIn('configure: what to do: ', result.stderr)

    def test_qemus_configure_fails(self) -> None:
        write_files(self.qemu, {'configure': '#!/bin/sh\n'
                                'echo "ERROR: no libfoo found"; exit 1\n'})
        self.assert_one_message(self.configure(), 'no libfoo found',
                                'scripts/setup')

    def configure_on_disk(self, mount_options: str
                          ) -> 'subprocess.CompletedProcess[str]':
        """Run configure with a file system of its own as build folder."""
        self.places.build.mkdir()
        return in_namespace(
            f'mount -t tmpfs -o {mount_options} tmpfs {self.places.build}',
            f'PYTHON=/usr/bin/python3 {self.top}/configure '
            f'--qemu-source={self.qemu} --meson={self.meson}')

    def test_little_room(self) -> None:
        self.assert_one_message(self.configure_on_disk('size=4m'),
                                'not enough disk space', 'free some')

    def test_folder_without_permission(self) -> None:
        self.assert_one_message(self.configure_on_disk('ro'),
                                'no permission', 'writable')

    def test_disk_that_fills_up(self) -> None:
        script = ('from pathlib import Path\n'
                  'from forktools.console import guarded, run_logged\n'
                  'def main():\n'
                  f'    run_logged(["dd", "if=/dev/zero", "bs=1M",'
                  f' "of={self.places.build}/file"], Path("{self.places.build}'
                  '/log"), "it failed", "try again")\n'
                  'guarded("configure", main)\n')
        self.places.build.mkdir()
        result = in_namespace(
            f'mount -t tmpfs -o size=40m tmpfs {self.places.build}',
            f"cd {self.top}/scripts && /usr/bin/python3 -c '{script}'")
        self.assert_one_message(result, 'is full', 'goes on where it stopped')

    def test_make_without_configure(self) -> None:
        result = self.run_program('scripts/build-qemu', 'all')
        self.assertEqual(result.returncode, 1)
        self.assertIn('run ./configure', result.stderr)

    def test_build_failure(self) -> None:
        self.assert_good(self.configure())
        (self.top / 'hw/model/new.c').unlink()
        result = self.run_program('scripts/build-qemu', 'fork')
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count('what to do'), 1)


class SecondRun(Scripts):
    """What an interrupted run left half done is done again, the rest kept."""

    def test_project_moved(self) -> None:
        self.assert_good(self.configure())
        self.top.rename(self.scratch / 'elsewhere')
        self.top = self.scratch / 'elsewhere'
        self.places = Places(self.top, self.places.cache)
        result = self.run_program('scripts/build-qemu', 'all')
        self.assertIn('run ./configure again', result.stderr)
        self.assert_good(self.configure())
        self.assert_good(self.run_program('scripts/build-qemu', 'all'))
        self.assertIn('int model;', self.built())

    def test_half_unpacked(self) -> None:
        write_files(self.places.stock, {'src.part/VERSION': '10'})
        self.assert_good(self.configure())
        self.assertFalse((self.places.stock / 'src.part').exists())

    def test_half_copied(self) -> None:
        write_files(self.places.fork, {'src.part/VERSION': '10'})
        self.assert_good(self.configure())

    def test_half_downloaded(self) -> None:
        write_files(self.places.cache, {'qemu-source.part/x.dsc': 'half'})
        self.assert_good(self.configure())

    def test_half_configured(self) -> None:
        self.assert_good(self.configure())
        stamp = self.places.fork / 'obj/qemu-hotplug.json'
        wanted = json.loads(stamp.read_text())
        stamp.unlink()
        result = self.configure()
        self.assert_good(result)
        self.assertIn('configuring the fork build', result.stdout)
        self.assertNotIn('unpacking', result.stdout)
        self.assertEqual(json.loads(stamp.read_text()), wanted)

    def test_source_gone(self) -> None:
        self.assert_good(self.configure())
        Path(self.qemu / 'VERSION').rename(self.qemu / 'VERSION.old')
        self.assert_one_message(self.configure(), 'not hold QEMU')


if __name__ == '__main__':
    unittest.main()
