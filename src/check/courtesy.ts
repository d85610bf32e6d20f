/**
 * Words that state nothing: articles, prepositions, pronouns, and the courtesies that letters begin and end with. A
 * sentence made of nothing else needs no source. Words that agree, refuse, grant or promise (yes, of course, we will) are
 * none of them.
 */

/** Lower case, accents removed: how words are compared. */
export function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
}

const functionWords: Readonly<Record<string, string>> = {
  en: `a an the and or but if as at by for from in into of on to with about after before during out up than then so also too again there here this that
    these those it its we us our ours you your yours i me my he she they them their his her who which what when where how is are am was were be been being
    have has had do does did not any some all both each every more most very just only re ve ll s t m d`,
  de: `der die das den dem des ein eine einen einem einer eines und oder aber wenn als am an auf aus bei bis durch fur gegen im in ins mit nach ohne seit
    uber um unter von vor zu zum zur dann so auch noch wieder hier dort da dies diese diesen dieser dieses es wir uns unser unsere unserem unseren unserer
    sie ihnen ihr ihre ihrem ihren ihrer ihres du dich dir dein deine deinem deinen deiner ich mich mir mein meine man er sich ist sind war waren sein bin
    haben hat hatte hatten habe nicht alle alles sehr nur dass ob wie was wann wo wer welche daher dazu dafur damit`,
  fr: `le la les l un une des du de d et ou mais si a au aux en dans par pour sur avec sans sous chez vers puis aussi encore ici ce cet cette ces c il elle
    on nous notre nos vous votre vos je j me m mon ma mes tu te ton ta tes ils elles leur leurs se s qui que qu quoi quand comment est sont etait suis
    sommes etes etre ai avons avez ont eu ne pas n y tres plus tout tous toute toutes`,
  es: `el la los las lo un una unos unas y o u e pero si a al de del en con por para sin sobre entre desde hasta tambien aqui este esta estos estas esto eso
    ese esa nos nuestro nuestra nuestros nuestras usted ustedes su sus tu te ti yo me mi mis se le les que quien cuando como donde es son era soy
    somos ser estar estamos he ha hemos han no muy mas todo todos toda todas`,
  it: `il lo la i gli le l un uno una e o ma se a al allo alla ai alle di del dello della dei delle da dal dalla in nel nella con su per tra fra anche qui
    questo questa questi queste ci noi nostro nostra nostri nostre lei suo sua suoi sue voi vi vostro vostra io mi mio mia tu ti tuo tua si che chi
    quando come dove sono era siamo essere ho ha abbiamo avete hanno non molto piu tutto tutti`,
  nl: `de het een en of maar als aan bij door in met na naar om onder op over per te tegen tot uit van voor zonder dan ook nog hier daar dit dat deze die
    het wij we ons onze u uw jij je jouw ik me mij mijn hij zij ze zich is zijn was waren ben heb hebben heeft had niet er alle alles zeer heel wat
    wanneer waar hoe wie`,
  pt: `o a os as um uma uns umas e ou mas se ao aos de do da dos das em no na nos nas com por pelo pela para sem sobre tambem aqui este esta estes estas
    isso isto nosso nossa nossos nossas voce voces seu sua seus suas eu me meu minha que quem quando como onde sao era sou somos ser estar estamos foi
    tem temos nao muito mais todo todos`,
  pl: `i a o w we z ze na do od dla po przy za przez pod nad oraz lub ale jesli jak jako tez takze tu tam to ten ta te ty my nas nam nasz nasza nasze panstwa
    panstwu pan pani pana ja mnie moj moja sie jest sa byl bylo byc nie bardzo co kto kiedy gdzie`,
}

const courtesies: Readonly<Record<string, string>> = {
  en: `thank thanks thankful grateful appreciate appreciated dear hello hi hey good morning afternoon evening sir madam mr mrs ms dr welcome pleased glad happy
    delighted sorry apologise apologize apologies regret trouble inconvenience caused telling writing wrote contacting reaching getting touch message mail
    email e note letter enquiry inquiry received got read reading hear hearing kind kindly words word nice lovely great wonderful much lot lots feedback
    interest patience understanding please let know hesitate contact write reach further other question questions help helped helpful look looking
    forward visit visiting order number reference regarding concerning seeing regards best warm sincerely yours faithfully cheers wishes day weekend week enjoy team support take care pointing happened always here`,
  de: `danke dank danken dankbar vielen herzlichen herzlich liebe lieber liebes hallo guten gute tag morgen abend moin sehr geehrte geehrter geehrten damen
    herren herr herrn frau willkommen freuen freut gefreut froh leid tut bedauern entschuldigung entschuldigen unannehmlichkeiten arger nachricht mail email
    e schreiben anfrage ruckmeldung hinweis interesse geduld verstandnis worte erhalten bekommen eingegangen gelesen freundliche freundlichen beste besten
    viele grussen grusse gruss weitere fragen frage bitte gerne melden melde meldung kontaktieren schreiben geschehen wunschen schonen schones schone
    wochenende woche besuch team mitteilung hatten bestellung bestellnummer auftrag nummer bezuglich betreff`,
  fr: `merci remercie remercions remerciements bonjour bonsoir cher chere chers madame monsieur mesdames messieurs bienvenue ravi ravis heureux content
    contents desole desoles desolee regrettons excuses excuser prie prions message mail email e courriel demande retour interet patience comprehension mots
    gentils recu lu cordialement salutations bien meilleures sinceres distinguees autres autre questions question hesitez contacter ecrire ecrit disposition
    reste restons bonne bon journee soiree semaine plaisir visite equipe prevenus prevenir rencontre probleme gene occasionnee commande numero concernant sujet gentil accueillir serons serions`,
  es: `gracias agradecemos agradezco hola buenos buenas dias tardes noches estimado estimada estimados querido querida senor senora bienvenido bienvenida
    encantado encantados alegra alegramos siento sentimos lamento lamentamos disculpe disculpas molestias causado mensaje correo email e consulta escribir
    escribirnos avisarnos recibido leido interes paciencia comprension palabras amables saludo saludos cordial cordiales cordialmente atentamente mas otra
    otras pregunta preguntas duda dudas dude contactarnos contactar disposicion quedamos quedo buen dia semana visita equipo mucho gusto placer nada pedido numero referente abrazo buena escribirme lamentamos`,
  it: `grazie ringraziamo ringrazio buongiorno buonasera salve ciao gentile egregio egregia caro cara signore signora benvenuto benvenuta lieti lieto felici
    felice spiace dispiace scusi scuse scusarci disagio messaggio mail email e richiesta scritto scriverci avvisato ricevuto letto interesse pazienza
    comprensione parole gentili cordiali cordialmente saluti distinti altre altra domande domanda esiti contattarci disposizione restiamo resto buona
    giornata serata settimana visita piacere figuri prego team ordine numero riguardo`,
  nl: `dank bedankt danken hallo hoi goedemorgen goedemiddag goedenavond geachte beste lieve heer mevrouw welkom blij fijn spijt spijten excuses verontschuldiging
    ongemak bericht mail email e vraag vragen reactie interesse geduld begrip woorden ontvangen gelezen vriendelijke groet groeten hartelijk hartelijke
    verdere andere graag laat weten aarzel contact opnemen schrijven prettige fijne dag weekend week bezoek team wel bestelling nummer betreft`,
  pt: `obrigado obrigada agradecemos agradeco ola bom boa dia tarde noite prezado prezada caro cara senhor senhora bem vindo felizes feliz lamentamos lamento
    desculpe desculpas transtorno incomodo mensagem email e mail contato contacto recebemos recebido lido interesse paciencia compreensao palavras gentis
    atenciosamente cumprimentos abracos outras outra duvidas duvida perguntas pergunta hesite disposicao semana visita equipe prazer nada escrever encomenda pedido numero`,
  pl: `dziekujemy dziekuje dzieki witam dzien dobry wieczor szanowny szanowna szanowni panie panstwo cieszymy ciesze milo przykro przepraszamy przepraszam
    wiadomosc mail email e zainteresowanie cierpliwosc wyrozumialosc slowa otrzymalismy pozdrowieniami pozdrawiam pozdrawiamy serdecznie serdeczne powazaniem
    pytania pytan prosimy prosze kontakt zespol milego dnia tygodnia zamowienie zamowienia numer`,
}

/** Whole phrases: where no blank parts the words, and where a word means something else by itself. */
const phrases =
  /feel free|お?問い?合わ?せ|いただき|くださ(?:い|り)|誠に|(?:どうも)?ありがとうござい(?:ます|ました)|ありがとう|お世話になって(?:おります|います)|よろしくお願い(?:いた|致)します|お願い(?:いた|致)します|申し訳(?:ござい|あり)ません(?:でした)?|ご不便をおかけし|ご連絡|こちらこそ|お客様|様|さん|メール|ござい(?:ます|ました|ません)|您好|谢谢|謝謝|感谢|感謝|您的|来信|來信|此致|敬礼|敬禮|祝好|안녕하세요|감사합니다|문의/giu

const listed = (lists: Readonly<Record<string, string>>) =>
  Object.values(lists).flatMap((words) => words.split(/\s+/))
const saysNothing = new Set([...listed(functionWords), ...listed(courtesies)])

/** Beginnings of folded words that give something away or commit to it. */
const granting =
  /^(?:refund|reimburs|compensat|discount|free$|gratis|gift|voucher|guarant|warrant|promis|confirm|agree|accept|approv|grant|waiv|cancel|exception|erstatt|ruckerstatt|ersetz|ersatz|rabatt|nachlass|kostenlos|kostenfrei|geschenk|gutsch|garant|versprech|versproch|zusag|zugesagt|bestatig|zustimm|akzept|genehmig|stornier|kundig|ausnahme|rembours|indemni|remise|gratuit|cadeau|promet|approuv|annul|reembols|descuent|regal|acept|aprob|anul|excepcion|rimbors|scont|promett|conferm|accett|approv|terugbetal|vergoed|korting|garand|belov|beloof|bevestig|akkoord|goedkeur|descont|aceit|aprov|zwrot|zwroc|rabat|darmow|gwarant|obiec|potwierdz|zgadz)|返金|無料|割引|保証|約束|承認|退款|免费|免費|保证/u

/** `refund`, `free`, `confirm` and the like: to be said by itself only where a source says it. */
export const grants = (word: string) => granting.test(word)

/** Words as they are compared; each Chinese or Japanese character is one. */
export function tokensOf(text: string): string[] {
  return folded(text).match(/[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー]|\p{L}+|\p{N}+/gu) ?? []
}

const withoutBlanks = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー]+/gu

/**
 * What a text says beside courtesy: words, and pairs of characters where no blank parts the words. Figures are not among
 * them: the claim check knows what they mean.
 * @param names folded words that are somebody's name and as such no statement
 */
export function contentOf(text: string, names: ReadonlySet<string>): string[] {
  const rest = text.replace(phrases, ' ')
  const pairs = (rest.match(withoutBlanks) ?? []).flatMap((run) =>
    run.length === 1 ? [] : Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2)),
  )
  const words = folded(rest.replace(withoutBlanks, ' ')).match(/\p{L}+/gu) ?? []
  return [
    ...words.filter((word) => !saysNothing.has(word) && !names.has(word) && word.length > 1),
    // Particles and verb endings hold no matter; what carries it has a Han or Katakana character.
    ...pairs.filter((pair) => /[\p{Script=Han}\p{Script=Katakana}]/u.test(pair) && !names.has(pair)),
  ]
}
