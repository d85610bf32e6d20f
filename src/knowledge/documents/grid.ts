/** The cells of a table whose joined cells are filled in: a row is read alone, so each place has its cell's text. */
import { DocumentFault, limits } from './limits.ts'

/** Columns and rows that one cell covers. */
const most = { columns: 30, rows: 1_000 } as const

export interface Span {
  columns?: number
  rows?: number
}

export class Grid {
  readonly rows: string[][] = []
  #row: string[] | null = null
  /** Cells that reach into the rows below, by column. */
  readonly #below = new Map<number, { text: string; rows: number }>()
  #cells = 0

  /** A row is open. */
  get isOpen(): boolean {
    return this.#row !== null
  }

  begin(): void {
    this.#row = []
  }

  /** @throws DocumentFault when the table grows too large */
  cell(text: string, { columns = 1, rows = 1 }: Span = {}): void {
    const row = this.#row
    if (row === null) return
    this.#fill(row)
    for (let count = within(columns, most.columns); count > 0; count--) {
      const below = within(rows, most.rows) - 1
      if (below > 0) this.#below.set(row.length, { text, rows: below })
      this.#push(row, text)
    }
  }

  end(): void {
    if (this.#row === null) return
    this.#fill(this.#row)
    this.rows.push(this.#row)
    this.#row = null
  }

  /** Text in the same column of the row above; empty if there is none. */
  above(): string {
    return this.rows.at(-1)?.[this.#row?.length ?? 0] ?? ''
  }

  #fill(row: string[]): void {
    for (;;) {
      const above = this.#below.get(row.length)
      if (above === undefined) return
      if (--above.rows === 0) this.#below.delete(row.length)
      this.#push(row, above.text)
    }
  }

  #push(row: string[], text: string): void {
    if (++this.#cells > limits.text / 2) throw new DocumentFault('it has too many cells')
    row.push(text)
  }
}

const within = (count: number, limit: number) =>
  Number.isInteger(count) ? Math.min(limit, Math.max(1, count)) : 1
