/** Vocabulary of dates, amounts and names in the languages that the claim check reads. */

const months: readonly string[][] = [
  ['january', 'jan', 'januar', 'jänner', 'janvier', 'janv', 'enero', 'ene', 'gennaio', 'januari', 'janeiro'],
  ['february', 'feb', 'februar', 'février', 'févr', 'febrero', 'febbraio', 'februari', 'fevereiro'],
  ['march', 'mar', 'märz', 'mars', 'marzo', 'maart', 'março'],
  ['april', 'apr', 'avril', 'avr', 'abril', 'abr', 'aprile'],
  ['may', 'mai', 'mayo', 'maggio', 'mei', 'maio'],
  ['june', 'jun', 'juni', 'juin', 'junio', 'giugno', 'junho'],
  ['july', 'jul', 'juli', 'juillet', 'juil', 'julio', 'luglio', 'julho'],
  ['august', 'aug', 'août', 'agosto', 'augustus'],
  ['september', 'sep', 'sept', 'septembre', 'septiembre', 'settembre', 'setembro'],
  ['october', 'oct', 'oktober', 'okt', 'octobre', 'octubre', 'ottobre', 'outubro'],
  ['november', 'nov', 'novembre', 'noviembre', 'novembro'],
  ['december', 'dec', 'dezember', 'dez', 'décembre', 'déc', 'diciembre', 'dic', 'dicembre', 'dezembro'],
]

const weekdays: readonly string[][] = [
  ['sunday', 'sonntag', 'dimanche', 'domingo', 'domenica', 'zondag', '日曜日', '星期日'],
  ['monday', 'montag', 'lundi', 'lunes', 'lunedì', 'maandag', '月曜日', '星期一'],
  ['tuesday', 'dienstag', 'mardi', 'martes', 'martedì', 'dinsdag', '火曜日', '星期二'],
  ['wednesday', 'mittwoch', 'mercredi', 'miércoles', 'mercoledì', 'woensdag', '水曜日', '星期三'],
  ['thursday', 'donnerstag', 'jeudi', 'jueves', 'giovedì', 'donderdag', '木曜日', '星期四'],
  ['friday', 'freitag', 'vendredi', 'viernes', 'venerdì', 'vrijdag', '金曜日', '星期五'],
  ['saturday', 'samstag', 'sonnabend', 'samedi', 'sábado', 'sabato', 'zaterdag', '土曜日', '星期六'],
]

/**
 * Days from today that a word stands for. Words that also mean something else (`morgen` in a greeting) need their
 * context.
 */
export const relativeDays: Readonly<Record<string, number>> = {
  tomorrow: 1,
  'day after tomorrow': 2,
  morgen: 1,
  übermorgen: 2,
  demain: 1,
  'après-demain': 2,
  'pasado mañana': 2,
  domani: 1,
  amanhã: 1,
  明日: 1,
  明天: 1,
}

const numberWords: Readonly<Record<number, string[]>> = {
  2: ['two', 'zwei', 'deux', 'dos', 'due', 'twee', 'dois', 'duas', '二'],
  3: ['three', 'drei', 'trois', 'tres', 'tre', 'drie', 'três', '三'],
  4: ['four', 'vier', 'quatre', 'cuatro', 'quattro', 'quatro', '四'],
  5: ['five', 'fünf', 'cinq', 'cinco', 'cinque', 'vijf', '五'],
  6: ['six', 'sechs', 'seis', 'sei', 'zes', '六'],
  7: ['seven', 'sieben', 'sept', 'siete', 'sette', 'zeven', 'sete', '七'],
  8: ['eight', 'acht', 'huit', 'ocho', 'otto', 'oito', '八'],
  9: ['nine', 'neun', 'neuf', 'nueve', 'nove', 'negen', '九'],
  10: ['ten', 'zehn', 'dix', 'diez', 'dieci', 'tien', 'dez', '十'],
  11: ['eleven', 'elf', 'onze', 'once', 'undici', '十一'],
  12: ['twelve', 'zwölf', 'douze', 'doce', 'dodici', 'twaalf', 'doze', '十二'],
  14: ['fourteen', 'vierzehn', 'quatorze', 'catorce', 'quattordici', 'veertien', '十四'],
  15: ['fifteen', 'fünfzehn', 'quinze', 'quince', 'quindici', 'vijftien', '十五'],
  20: ['twenty', 'zwanzig', 'vingt', 'veinte', 'venti', 'twintig', 'vinte', '二十'],
  30: ['thirty', 'dreißig', 'trente', 'treinta', 'trenta', 'dertig', 'trinta', '三十'],
  60: ['sixty', 'sechzig', 'soixante', 'sesenta', 'sessanta', 'zestig', 'sessenta', '六十'],
  90: ['ninety', 'neunzig', 'noventa', 'novanta', 'negentig', '九十'],
  100: ['hundred', 'hundert', 'cent', 'cien', 'cento', 'honderd', 'cem', '百'],
}

/** Hours per duration unit; months and years are counted in months, with `m` before the figure. */
const units: readonly [string, string[]][] = [
  [
    'h0.0166667',
    ['minute', 'minutes', 'min', 'minuten', 'minuto', 'minutos', 'minuti', 'minuut', '分', '分钟'],
  ],
  [
    'h1',
    [
      'hour',
      'hours',
      'stunde',
      'stunden',
      'heure',
      'heures',
      'hora',
      'horas',
      'ora',
      'ore',
      'uur',
      '時間',
      '小时',
    ],
  ],
  [
    'h24',
    [
      'day',
      'days',
      'tag',
      'tage',
      'tagen',
      'tages',
      'jour',
      'jours',
      'día',
      'días',
      'dia',
      'dias',
      'giorno',
      'giorni',
      'dag',
      'dagen',
      '日',
      '日間',
      '日以内',
      '天',
    ],
  ],
  [
    'w24',
    [
      'working day',
      'working days',
      'business day',
      'business days',
      'werktag',
      'werktage',
      'werktagen',
      'arbeitstag',
      'arbeitstage',
      'arbeitstagen',
      'geschäftstage',
      'geschäftstagen',
      'jours ouvrés',
      'jours ouvrables',
      'jour ouvré',
      'jour ouvrable',
      'días hábiles',
      'días laborables',
      'día hábil',
      'giorni lavorativi',
      'werkdagen',
      'dias úteis',
      '営業日',
      '工作日',
      '个工作日',
    ],
  ],
  [
    'h168',
    [
      'week',
      'weeks',
      'woche',
      'wochen',
      'semaine',
      'semaines',
      'semana',
      'semanas',
      'settimana',
      'settimane',
      'weken',
      '週間',
    ],
  ],
  [
    'm1',
    [
      'month',
      'months',
      'monat',
      'monate',
      'monaten',
      'mois',
      'mes',
      'meses',
      'mese',
      'mesi',
      'maand',
      'maanden',
      'mês',
      'か月',
      'ヶ月',
      'ヵ月',
      '个月',
    ],
  ],
  [
    'm12',
    [
      'year',
      'years',
      'jahr',
      'jahre',
      'jahren',
      'an',
      'ans',
      'année',
      'années',
      'año',
      'años',
      'anno',
      'anni',
      'jaar',
      'jaren',
      'ano',
      'anos',
      '年',
      '年間',
    ],
  ],
]

const currencies: readonly [string, string[]][] = [
  ['eur', ['€', 'eur', 'euro', 'euros', 'ユーロ', '欧元']],
  ['usd', ['$', 'us$', 'usd', 'dollar', 'dollars', 'dólar', 'dólares', 'ドル', '美元']],
  ['gbp', ['£', 'gbp', 'pound', 'pounds', 'pfund', 'ポンド']],
  ['jpy', ['¥', '￥', 'jpy', 'yen', '円']],
  ['chf', ['chf', 'fr', 'sfr', 'franken', 'francs']],
  ['pln', ['zł', 'pln', 'zloty']],
  ['sek', ['kr', 'sek', 'dkk', 'nok', 'kronen']],
  ['cny', ['cny', 'rmb', '元', '人民币']],
  ['krw', ['₩', 'krw', 'won', '원']],
  ['inr', ['₹', 'inr', 'rupees']],
]

/** Dimension, how much of its base unit, names. */
const measures: readonly (readonly [string, number, readonly string[]])[] = [
  ['mass', 0.001, ['mg']],
  ['mass', 1, ['g', 'gr', 'gram', 'grams', 'gramm', 'gramme', 'grammes', 'gramos', 'grammi', 'グラム', '克']],
  ['mass', 1000, ['kg', 'kilo', 'kilos', 'kilogram', 'kilograms', 'kilogramm', 'キロ', '公斤', '千克']],
  ['mass', 453.59237, ['lb', 'lbs', 'pound', 'pounds']],
  ['mass', 28.349523, ['oz', 'ounce', 'ounces']],
  ['length', 0.1, ['mm']],
  ['length', 1, ['cm', 'centimetres', 'centimeters', 'zentimeter', 'センチ', '厘米']],
  ['length', 100, ['m', 'metre', 'metres', 'meter', 'meters', 'mètre', 'mètres', 'metro', 'metros', 'metri']],
  ['length', 100_000, ['km', 'kilometres', 'kilometers', 'kilometer', 'kilomètres', 'キロメートル', '公里']],
  ['length', 2.54, ['inch', 'inches', 'zoll', 'インチ', '"', '″']],
  ['length', 30.48, ['ft', 'foot', 'feet']],
  ['length', 91.44, ['yd', 'yard', 'yards']],
  ['length', 160_934.4, ['mile', 'miles', 'meilen', 'mi']],
  ['volume', 1, ['ml']],
  ['volume', 10, ['cl']],
  ['volume', 100, ['dl']],
  ['volume', 1000, ['l', 'litre', 'litres', 'liter', 'liters', 'litro', 'litros', 'litri', 'リットル', '升']],
  ['volume', 3785.412, ['gallon', 'gallons']],
]

function inverted(rows: Iterable<readonly [string, readonly string[]]>): ReadonlyMap<string, string> {
  return new Map([...rows].flatMap(([value, names]) => names.map((name) => [name, value] as const)))
}

/** Name in lower case → `1` to `12`. */
export const monthByName = inverted(months.map((names, at) => [String(at + 1), names] as const))
/** Name in lower case → `0` (Sunday) to `6`. */
export const weekdayByName = inverted(weekdays.map((names, at) => [String(at), names] as const))
/** Word in lower case → its figure. One is left out: in most languages it is also an article. */
export const numberByWord = inverted(Object.entries(numberWords))
/** Name in lower case → `h24`, `m1` … */
export const unitByName = inverted(units)
/** Sign, code or name in lower case → ISO code in lower case. */
export const currencyByName = inverted(currencies)

/** Name in lower case → dimension, and how much of its base unit. */
export const measureByName: ReadonlyMap<string, readonly [string, number]> = new Map(
  measures.flatMap(([dimension, factor, names]) => names.map((name) => [name, [dimension, factor]] as const)),
)

/** An alternation for regular expressions, longest first. */
export function alternation(words: Iterable<string>): string {
  return [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|')
}
