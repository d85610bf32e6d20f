import type { ExitStatus, Terminal } from './terminal.ts'

export interface DemoOptions {
  exit?: boolean
  json?: boolean
}

export async function demo(options: DemoOptions, terminal: Terminal): Promise<ExitStatus> {
  const { runDemo } = await import('../demo/demo.ts')
  const { environment, stdout, stderr } = terminal
  await runDemo({ exit: options.exit === true, json: options.json === true, environment, stdout, stderr })
  return 0
}
