/** Lines that phones and mail programs put under a message: `Sent from my iPhone`, in many languages. */

const starts =
  /^(?:sent|posted|written|typed|from my|get|download|envoyé|obtenir|obtenez|télécharge[rz]|gesendet|von|mit|diese (?:nachricht|e-?mail)|versendet|verschickt|hol(?:en|e) sie|outlook (?:für|for|pour|para|per|voor)|enviad[oa]|enviat|obtener|obten|descarg|inviat[oa]|ottieni|scarica|obter|obtenha|baixe|verzonden|verstuurd|gestuurd|dit bericht|download|skickat|skickad|skickades|hämta|sendt|hent|skaff|få outlook|lähetetty|hanki|wysłan|wiadomość wysłana|pobierz|odesláno|odesláno|získ|stáhn|odoslané|odoslan|отправлен|получ|скача|скачать|надіслано|відправлено|ізіс|trimis|elküldve|küldve|gönder|στάλθηκε|εστάλη|αποκτήστε|نشر|أرسل|تم ال|נשלח|发自|發自|从我的|從我的|寄自|来自|來自|获取|取得|傳送自|gửi từ|được gửi|dikirim|poslano|isprati|изпратено|saadetud|išsiųsta|nosūtīts)/iu

const ends =
  /(?:から送信(?:されました)?|を入手|에서 보냄|에서 보냈습니다|gönderildi|gesendet|傳送|发送|發送|dan gönderildi|küldve|downloaden|holen)$/iu

/** Short remarks that take another form. */
const mobile =
  /^[\p{L}'. -]{1,30} (?:from|via|on) (?:my )?(?:mobile|phone|iphone|ipad|cell)(?: phone| device)?$/iu

const device =
  /i-?phon|i-?pad|i-?pod|\bmac\b|android|samsung|galaxy|huawei|xiaomi|redmi|\boppo\b|\bhtc\b|nokia|xperia|motorola|\bmoto\b|oneplus|nexus|\bpixel\b|alcatel|blackberry|windows|outlook|mail|mobil|mobiel|móvil|phone|fone|telefon|telefono|téléphone|teléfono|телефон|смартфон|мобильн|mobiln|handy|gerät|appareil|dispositiv|device|\bcell\b|tablet|puhelim|\bios\b|app\b|yahoo|yandex|яндекс|proton|thunderbird|spark|kindle|手机|手機|携帯|スマ|휴대|ti-\d|from my|mon |mi |minun /iu

const excuse =
  /excuse|typo|brevity|forgive|sorry|apolog|mistake|autocorrect|short|entschuldig|tippfehler|kürze|excus|faute|brièveté|disculp|brevedad|scus|breve|desculp|excuus|ursäkta|undskyld|beklager|извин|опечат/iu

/** Without links, brackets and emphasis. */
function bareLine(line: string): string {
  return line
    .replace(/\[([^\]]{0,200})\]\([^)]{0,300}\)/g, '$1')
    .replace(/<?https?:\/\/\S*|<[^<>]{0,300}@?[^<>]{0,300}>$/g, '')
    .replace(/^[\s<(*_~|>-]+|[\s>)*_~|.!]+$/g, '')
    .trim()
}

/** @param line one line of the author's text; only short lines are examined */
export function isSentFrom(line: string): boolean {
  if (line.length > 400) return false
  const wrapped = /^\s*<<([^<>]{1,80})>>\s*$/.exec(line)?.[1]
  const bare = wrapped ?? bareLine(line)
  if (bare.length < 4 || bare.length > 110) return false
  if (mobile.test(bare)) return true
  if (!starts.test(bare) && !ends.test(bare)) return false
  // `Sent from my desk, is much easier than my phone.` continues like prose; `..., please excuse typos` does not.
  const [clause = '', ...rest] = bare.split(/[,;!]|\.\s/)
  const more = rest.join(' ').trim()
  if (more !== '' && !excuse.test(more)) return false
  const long = /gesendet$|verzonden$/.test(clause) ? 13 : 9
  return device.test(clause) && clause.split(/\s+/).length <= long && !/[?]/.test(bare)
}
