/** Completion for shells and the man page, both from the definitions of the commands. */
import type { Command, Option } from 'commander'
import { programVersion } from '../base/package.ts'
import { groups } from './help-groups.ts'
import { exitStatusWords } from './terminal.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

interface Entry {
  /** Names of the commands that lead there; empty for the program itself. */
  path: readonly string[]
  command: Command
}

/** The program and every command below it, parents first. */
function entriesOf(command: Command, path: readonly string[] = []): Entry[] {
  const below = command.commands.flatMap((each) => entriesOf(each, [...path, each.name()]))
  return [{ path, command }, ...below]
}

const lineOf = (command: Command): string => command.summary() || command.description()
const optionsOf = (command: Command): Option[] => [...command.createHelp().visibleOptions(command)]
const flagsOf = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag !== undefined)

/** What may follow the commands of that path. */
const wordsAfter = ({ command }: Entry): string[] => [
  ...command.commands.map((each) => each.name()),
  ...optionsOf(command).flatMap(flagsOf),
]

export function completion(program: Command, shell: Shell): string {
  return { bash, zsh, fish }[shell](entriesOf(program))
}

/** Values of options that take one of several words. */
const choicesOf = (entries: readonly Entry[]): [flag: string, words: string][] => {
  const found = entries.flatMap(({ command }) =>
    optionsOf(command).flatMap((option) =>
      option.argChoices
        ? flagsOf(option).map((flag) => [flag, option.argChoices?.join(' ') ?? ''] as const)
        : [],
    ),
  )
  return [...new Map(found)]
}

function bash(entries: readonly Entry[]): string {
  const cases = entries.map(
    (entry) => `    '${entry.path.join(' ')}') words='${wordsAfter(entry).join(' ')}' ;;`,
  )
  const choices = choicesOf(entries).map(([flag, words]) => `    ${flag}) words='${words}' ;;`)
  return `# Completion of replyd for bash: replyd completion bash > ~/.local/share/bash-completion/completions/replyd
_replyd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${entries
        .slice(1)
        .map(({ path }) => `'${path.join(' ')}'`)
        .join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$previous" in
    -c|--config|--folder|--key|--prompts|--cases) COMPREPLY=($(compgen -f -- "$current")); return ;;
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _replyd replyd
`
}

/** Within single quotes of zsh, and for \`_describe\`, where a colon separates. */
const described = (text: string) => text.replaceAll("'", "'\\''").replaceAll(':', '\\:')

function zsh(entries: readonly Entry[]): string {
  const cases = entries.map(({ path, command }) => {
    const commands = command.commands.map((each) => `'${each.name()}:${described(lineOf(each))}'`)
    const options = optionsOf(command).flatMap((option) =>
      flagsOf(option).map((flag) => `'${flag}:${described(option.description)}'`),
    )
    return `    '${path.join(' ')}') list=(${[...commands, ...options].join(' ')}) ;;`
  })
  const choices = choicesOf(entries).map(([flag, words]) => `    ${flag}) compadd -- ${words}; return ;;`)
  return `#compdef replyd
# Completion of replyd for zsh: replyd completion zsh > a folder of $fpath/_replyd
_replyd() {
  local at='' word
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${entries
        .slice(1)
        .map(({ path }) => `'${path.join(' ')}'`)
        .join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
    -c|--config|--folder|--key|--prompts|--cases) _files; return ;;
${choices.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  _describe 'replyd' list || _files
}
if [ "$funcstack[1]" = _replyd ]; then _replyd "$@"; else compdef _replyd replyd; fi
`
}

const forFish = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, command }) => {
    const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`)
    const own = command.commands.map((each) => each.name())
    const none = own.length > 0 ? [`not __fish_seen_subcommand_from ${own.join(' ')}`] : []
    const when = (conditions: string[]) =>
      conditions.length === 0 ? '' : ` -n ${forFish(conditions.join('; and '))}`
    const commands = command.commands.map(
      (each) =>
        `complete -c replyd -f${when([...seen, ...none])} -a ${each.name()} -d ${forFish(lineOf(each))}`,
    )
    const options = optionsOf(command).map((option) => {
      const short = option.short ? ` -s ${option.short.slice(1)}` : ''
      const long = option.long ? ` -l ${option.long.slice(2)}` : ''
      const choices = option.argChoices ? ` -x -a ${forFish(option.argChoices.join(' '))}` : ''
      const value = !choices && option.required ? ' -r' : ''
      return `complete -c replyd${when([...seen, ...none])}${short}${long}${value}${choices} -d ${forFish(option.description)}`
    })
    return [...commands, ...options]
  })
  return `# Completion of replyd for fish: replyd completion fish > ~/.config/fish/completions/replyd.fish\n${lines.join('\n')}\n`
}

/** A group may be a command, too: `replyd learn`. */
const acts = (command: Command): boolean => Boolean(Reflect.get(command, '_actionHandler'))

/** Text for troff: a backslash, or a dot or quote at the beginning of a line, would be a command. */
const roff = (text: string) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

/** The man page, section 1, in the macros of man(7). */
export function manPage(program: Command): string {
  const commands = entriesOf(program).filter(
    ({ path, command }) => path.length > 0 && (command.commands.length === 0 || acts(command)),
  )
  const options = (command: Command) =>
    optionsOf(command).flatMap(({ flags, description }) => ['.TP', `.B ${roff(flags)}`, roff(description)])
  const section = ({ path, command }: Entry) => [
    `.SS replyd ${roff([...path, command.usage()].join(' '))}`,
    roff(sentence(command.description())),
    ...options(command),
  ]
  const sections = Object.entries(groups).flatMap(([heading, names]) => [
    `.SH ${heading.toUpperCase()}`,
    ...commands.filter(({ path: [first = ''] }) => first in names).flatMap(section),
  ])
  return `${[
    `.TH REPLYD 1 "" "replyd ${programVersion()}" "User commands"`,
    '.SH NAME',
    'replyd \\- answers a mailbox',
    '.SH SYNOPSIS',
    '.B replyd',
    '[\\fIcommand\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    roff(program.description()),
    '.PP',
    roff('Without a command it sets itself up, or shows the state of the running daemon.'),
    ...sections,
    '.SH EXIT STATUS',
    roff(exitStatusWords),
    '.SH FILES',
    ...['.TP', '.I replyd.yaml', 'the configuration', '.TP', '.I .env', 'its secrets, readable by you alone'],
    ...['.TP', '.I data', 'the state, unless another directory is configured'],
  ].join('\n')}\n`
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
