import { type Command, Option } from 'commander'
import type { ExitStatus, Terminal } from './terminal.ts'

/** Registers `replyd mcp`: for assistants, and for the person who confirms what they prepared. */
export function addMcpCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  const configOption = () => new Option('-c, --config <file>', 'configuration file')
  const mcp = program
    .command('mcp')
    .description('serve MCP on standard input and output, for an assistant on this machine')
    .addOption(configOption())
    .option('--read-only', 'offer no tools that change anything')
    .action(async (options) => end(await (await import('./mcp.ts')).serve(options, terminal)))
  const add = (usage: string, description: string) =>
    mcp
      .command(usage)
      .description(description)
      .addOption(configOption())
      .addOption(new Option('--json', 'print JSON'))
  add('code <id>', 'show a reply and the code with which an assistant may approve it').action(
    async (id, _options, command) =>
      end(await (await import('./mcp.ts')).showCode(id, command.optsWithGlobals(), terminal)),
  )
  add('facts', 'facts that an assistant proposed').action(async (_options, command) =>
    end(await (await import('./mcp.ts')).listFacts(command.optsWithGlobals(), terminal)),
  )
  add('accept <id>', 'write a proposed fact into the knowledge folder')
    .option('--confirm', 'accept it although something in it looks personal')
    .action(async (id, _options, command) =>
      end(await (await import('./mcp.ts')).decideFact('accept', id, command.optsWithGlobals(), terminal)),
    )
  add('discard <id>', 'forget a proposed fact').action(async (id, _options, command) =>
    end(await (await import('./mcp.ts')).decideFact('discard', id, command.optsWithGlobals(), terminal)),
  )
}
