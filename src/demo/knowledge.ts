/** The knowledge of the demo's owner, a bicycle shop: the source folder of its drafts. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** File name to Markdown. */
const knowledgeFiles: Readonly<Record<string, string>> = {
  'opening-hours.md': `# Opening hours

The shop is open Tuesday to Friday from 10:00 to 18:00 and on Saturday from 10:00 to 14:00. We are closed on Sunday and Monday.

# Collecting a repair

A repaired bicycle can be collected during opening hours, on Saturday too. You can pay in the shop by card or in cash. Please bring the repair number.
`,
  'returns.md': `# Returns and refunds

Goods can be returned within 30 days of delivery. The refund goes to the means of payment that was used for the order, once the goods have been checked.

# Damaged on arrival

If a parcel or a bicycle arrives damaged or broken, send us the order number and a photo of the damage. We replace damaged parts at no cost.
`,
  'warranty.md': `# Warranty on frames

Frames have a warranty of 5 years against cracks and faulty welds. Scratches in the paint and wear are not covered by the warranty.
`,
  'de-oeffnungszeiten.md': `# Öffnungszeiten

Der Laden ist dienstags bis freitags von 10:00 bis 18:00 Uhr und samstags von 10:00 bis 14:00 Uhr geöffnet. Sonntags und montags ist geschlossen.

# Probefahrt

Eine Probefahrt ist während der Öffnungszeiten ohne Termin möglich. Bitte bringen Sie einen Ausweis mit.
`,
  'fr-livraison.md': `# Livraison en Belgique et en France

Nous livrons en Belgique et en France. Les frais de livraison sont de 29 euros pour un vélo et de 6 euros pour les accessoires.
`,
  'ja-shipping.md': `# 日本への発送

部品とアクセサリーは日本へ発送できます。日本への送料は 35 ユーロです。完成車は日本へは発送していません。
`,
}

/** Writes the files into a directory, which is created if necessary. @returns their paths */
export async function writeKnowledge(directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  return Promise.all(
    Object.entries(knowledgeFiles).map(async ([name, content]) => {
      const path = join(directory, name)
      await writeFile(path, content)
      return path
    }),
  )
}
