/** Who asks over the API, for the row that is changed: what the caller says of themselves, made harmless. */
export function actorOf(header: string | undefined): string {
  return `api ${(header ?? '').replace(/[^\w .@-]/g, '').slice(0, 60)}`.trim()
}
