// The servers that the tests in test/live and test/flow run against: which are missing, and how to get them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const isRoot = process.getuid?.() === 0

function onPath(...programs) {
  const directories = [
    ...(process.env.PATH ?? '').split(':').filter(Boolean),
    '/usr/sbin',
    '/usr/local/sbin',
    '/sbin',
  ]
  return programs.some((program) => directories.some((directory) => existsSync(join(directory, program))))
}

function below(directory, ...paths) {
  if (!existsSync(directory)) return false
  return readdirSync(directory).some((name) => paths.some((path) => existsSync(join(directory, name, path))))
}

/** Whether one of Dovecot's own files exists: Debian keeps them in one place, others in libexec or lib64. */
const dovecotHas = (file) =>
  ['/usr/lib/dovecot', '/usr/libexec/dovecot', '/usr/lib64/dovecot'].some((directory) =>
    existsSync(join(directory, file)),
  )

/** Files to look for, by Debian package. */
const NEEDED = {
  'dovecot-imapd': () => onPath('dovecot') && dovecotHas('imap'),
  'dovecot-lmtpd': () => dovecotHas('lmtp'),
  'dovecot-sieve': () => dovecotHas('modules/lib90_sieve_plugin.so') || dovecotHas('lib90_sieve_plugin.so'),
  postfix: () => onPath('postconf'),
  'redis-server': () => onPath('redis-server'),
  postgresql: () => onPath('initdb') || below('/usr/lib/postgresql', 'bin/initdb'),
  // Takes half the processor time of `chromium`, which also works (test/flow/browser.ts).
  'chromium-headless-shell': () => onPath('chromium-headless-shell', 'chromium'),
  curl: () => onPath('curl'),
  // Postfix requires root; this makes it believe that it is root.
  fakeroot: () => isRoot || onPath('faked-tcp'),
}

/** The Debian packages whose programs this machine lacks. */
export function missingPackages() {
  return Object.keys(NEEDED).filter((name) => !NEEDED[name]())
}

// Installs without starting anything and without leaving anything that starts with the machine: the tests bring their own
// configuration. Runs as root. \$@ are the packages.
const APT = `
policy=/usr/sbin/policy-rc.d
restore() { rm -f "$policy"; if [ -e "$policy.replyd" ]; then mv "$policy.replyd" "$policy"; fi; }
trap restore EXIT
trap 'exit 130' HUP INT TERM
if [ -e "$policy" ] && [ ! -e "$policy.replyd" ]; then mv "$policy" "$policy.replyd"; fi
printf '#!/bin/sh\\nexit 101\\n' >"$policy"
chmod 0755 "$policy"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
known=" $(dpkg-query -W -f '\${Package} ' dovecot-core postfix redis-server postgresql-common 2>/dev/null) "
case "$known" in *" postfix "*) ;; *)
  if command -v debconf-set-selections >/dev/null; then
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
  fi ;;
esac
install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
install "$@" || { apt-get update && install "$@"; } || exit 1
if command -v systemctl >/dev/null; then
  for pair in dovecot-core:dovecot postfix:postfix redis-server:redis-server postgresql-common:postgresql; do
    case "$known" in *" \${pair%%:*} "*) ;; *) systemctl disable --quiet "\${pair#*:}" 2>/dev/null || true ;; esac
  done
fi`

function isDebian() {
  if (!existsSync('/etc/os-release') || !onPath('apt-get')) return false
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

/** Installs packages on Debian or Ubuntu. @returns why it failed; undefined if it succeeded */
export function installPackages(packages) {
  if (!isDebian()) return 'this is neither Debian nor Ubuntu'
  if (!isRoot && !onPath('sudo')) return 'apt-get needs root, and there is no sudo'
  // A person at a terminal can be asked for a password.
  const elevate = isRoot ? [] : process.stdin.isTTY ? ['sudo'] : ['sudo', '-n']
  const [command, ...args] = [...elevate, 'sh', '-c', APT, 'apt', ...packages]
  const { status } = spawnSync(command, args, { stdio: [isRoot ? 'ignore' : 'inherit', 2, 2] })
  if (status !== 0) return 'apt-get failed (see above)'
  const left = packages.filter((name) => NEEDED[name]?.() === false)
  return left.length ? `apt-get installed ${left.join(', ')}, but the programs are still missing` : undefined
}
