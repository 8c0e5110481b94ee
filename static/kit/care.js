// Hides card numbers, and what follows a word for a password, a PIN or a card's code. The same as
// chatdesk/conversations/care.py, sign for sign: the browser hides what it sends, the server what it keeps.
//
// Both read a plain copy of the text, one sign of it for each sign of the text, in which digits, spaces,
// dashes and capitals of all kinds are one kind: their own tables, for no two engines agree on Unicode.
const HIDDEN = "•";
const MOST_HIDDEN = 4; // of a password: neither its signs nor how many there are
const LONGEST = 19;
const TOKEN = 64;

// The zeros of Unicode's decimal digits (category Nd, 14.0); nine others follow each.
const ZEROS = "30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0 11450 114d0 11650 116c0 11730 118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e950 1fbf0";
const KINDS = {
  " ": "9 a0 1680 2000-200a 202f 205f 3000",
  "\n": "b-d 85 2028-2029",
  "\u200b": "ad 61c 180e 200c-200f 202a-202e 2060-2064 2066-2069 20e3 fe0e-fe0f feff",
  "-": "2010-2015 2043 2212 fe58 fe63 ff0d",
  ".": "b7 2024 2027 ff0e",
  "/": "5c 2044 2215 ff0f",
  ":": "ff1a",
  "=": "ff1d",
};
const CAPITALS = [["41-5a", 0x20], ["c0-de", 0x20], ["401", 0x50], ["410-42f", 0x20]];

const PLAIN = new Map();
const span = (range) => {
  const [from, to = from] = range.split("-").map((hex) => parseInt(hex, 16));
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
};
for (const zero of ZEROS.split(" ")) for (let i = 0; i < 10; i++) PLAIN.set(parseInt(zero, 16) + i, String(i));
for (const [kind, ranges] of Object.entries(KINDS)) for (const code of ranges.split(" ").flatMap(span)) PLAIN.set(code, kind);
for (const [range, step] of CAPITALS) for (const code of span(range)) PLAIN.set(code, String.fromCharCode(code + step));

const plainOf = (sign) => PLAIN.get(sign.codePointAt(0)) ?? (sign.length > 1 ? "\ufffd" : sign);

const L = "a-z\\u00c0-\\u024f\\u0300-\\u036f\\u0400-\\u052f";
const MONEY = "[.,][0-9]| ?(?:[€$£₽%]|eur|kr|руб)";
const pattern = (source, flags = "g") => new RegExp(source.replaceAll("{L}", L).replaceAll("{MONEY}", MONEY), flags);

function matchAt(regexp, text, at) {
  regexp.lastIndex = at;
  return regexp.exec(text);
}

// ---- card numbers ----

const RUN = pattern("[0-9•][0-9• \\n\\u200b./-]*");
const GROUP = pattern("•+[0-9]*|[0-9]+");
// One before a digit is never ours: it is a list's. Ours come together.
const MARKER = pattern("(?:^|[^• \\n\\u200b./-])[ \\n\\u200b./-]*•(?=[0-9])");
const SCHEME = pattern([
  "4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})", // Visa
  "5[1-5][0-9]{14}", // Mastercard
  "(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}", // Mastercard
  "3[47][0-9]{13}", // American Express
  "3(?:0[0-5]|[689][0-9])[0-9]{11}(?:[0-9]{2})?", // Diners Club
  "35(?:2[89]|[3-8][0-9])[0-9]{12,15}", // JCB
  "220[0-4][0-9]{12,15}", // Mir
  "6(?:011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})[0-9]{12,15}", // Discover, UnionPay
  "(?:50[0-9]{2}|5[6-8][0-9]{2}|6304|67[0-9]{2})[0-9]{9,15}", // Maestro, Dankort, Bancontact
].map((one) => `^(?:${one})$`).join("|"), "");
// What may follow a card number: when it ends, and then its code.
const EXPIRY = pattern("[ \\n]*(?:[{L}]{1,12}[ .:]*)?(?:0[1-9]|1[0-2])[ /.-]*(?:20)?[0-9]{2}(?![0-9])(?:[ \\n,.;/-]*(?:[{L}]{1,16}[ .:]+){0,2}([0-9]{3,4})(?![0-9]|{MONEY}))?", "y");
const DATE = pattern("(?:^|[^0-9])(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2})(?![0-9])", "");
const AMOUNTS = pattern("(?:^|[^0-9.])[0-9]+\\.[0-9]{2}[ \\n/-]+(?:[0-9]+[ \\n/-]+)*[0-9]+\\.[0-9]{2}(?![0-9.])", "");
const UUID = pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
const ACCOUNT = pattern("(?:^|[^{L}0-9])([a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,27})");
// ISO 13616: the length of an account number in each country.
const ACCOUNTS = "ad24at20be16bg22ch21cy28cz24de22dk18ee20es24fi18fr27gb22ge22gi23gr27hr21hu28ie22is26it27li21lt20lu20lv21mc27me22mt31nl18no15pl28pt25ro24rs22se24si19sk24sm27tr26ua29";

const LETTER = pattern("[{L}]", "");

function luhn(digits) {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const value = Number(digits[digits.length - 1 - i]) << (i % 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

// Without what is certainly something else: ids, and accounts whose check digits are right.
function withoutNumbers(plain) {
  const text = plain.replace(UUID, (found) => "x".repeat(found.length)).replace(MARKER, (found) => `${found.slice(0, -1)}x`);
  return replaced([...text], accounts(text), (length) => "x".repeat(length)).join("");
}

// The list of signs with another text in the place of each span: [from, to], in order.
function replaced(signs, spans, by) {
  let done = 0;
  const parts = [];
  for (const [from, to] of spans) {
    parts.push(signs.slice(done, from), [...by(to - from)]);
    done = to;
  }
  return [...parts, signs.slice(done)].flat();
}

function accounts(text) {
  const found = [];
  for (let match = matchAt(ACCOUNT, text, 0); match; match = ACCOUNT.exec(text)) {
    const from = ACCOUNT.lastIndex - match[1].length;
    const length = accountLength(match[1]);
    if (length) found.push([from, from + length]);
    ACCOUNT.lastIndex = from + (length || 1);
  }
  return found;
}

// How many signs of it are an account number, spaces included; 0 if it does not begin with one.
function accountLength(found) {
  const place = ACCOUNTS.indexOf(found.slice(0, 2));
  const length = place % 4 ? Infinity : Number(ACCOUNTS.slice(place + 2, place + 4));
  const signs = found.replaceAll(" ", "").slice(0, length);
  if (signs.length < length) return 0;
  let rest = 0;
  for (const sign of signs.slice(4) + signs.slice(0, 4)) {
    const value = parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  if (rest !== 1) return 0;
  let end = length;
  while (found.slice(0, end).replaceAll(" ", "").length < length) end++;
  return end;
}

// Whether they read as dates, amounts or the numbers of a roulette.
function isList(groups, text) {
  const own = text.slice(groups[0][0], groups.at(-1)[1]);
  const small = groups.every(([from, to]) => to - from <= 2 && Number(text.slice(from, to)) <= 36);
  const mixed = new Set(groups.map(([from, to]) => to - from)).size > 1;
  return DATE.test(own) || AMOUNTS.test(own) || (small && mixed);
}

function cards(plain, hide) {
  const text = withoutNumbers(plain);
  for (const run of text.matchAll(RUN)) {
    const groups = [...run[0].matchAll(GROUP)].map((group) => [run.index + group.index, run.index + group.index + group[0].length]);
    for (let first = 0; first < groups.length; first++) cardsFrom(groups, first, text, hide);
  }
}

// Of the numbers that begin with this group. Groups of four and more, or of four and a shorter last one, are
// a card's own way; in any other a number must stand alone, not in an id or a list. At most nineteen groups
// are looked at, so the work grows as the text does.
function cardsFrom(groups, first, text, hide) {
  let digits = "";
  let fours = true;
  let large = true;
  const [from] = groups[first];
  for (let last = first; last < groups.length; last++) {
    const [begins, end] = groups[last];
    const size = end - begins;
    const usual = size < 4 ? fours : large;
    fours &&= size === 4;
    large &&= size >= 4;
    digits += text.slice(begins, begins + Math.min(size, LONGEST + 1));
    if (digits.length > LONGEST || digits.includes(HIDDEN) || !(usual || first === 0)) return;
    if (!SCHEME.test(digits)) continue;
    if (digits.length <= 15 && text[from - 1] === "+") continue; // E.164
    const own = groups.slice(first, last + 1);
    const expiry = matchAt(EXPIRY, text, end);
    if (!usual) {
      const ends = last === groups.length - 1 || expiry !== null;
      const glued = LETTER.test(text[from - 1] ?? "") || LETTER.test(text[end] ?? "");
      if (!ends || glued || isList(own, text)) continue;
    }
    if (!luhn(digits)) continue;
    const places = own.flatMap(([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i));
    for (const place of places.slice(0, -4)) hide(place);
    const code = expiry?.[1]?.length ?? 0;
    for (let i = 1; i <= code; i++) hide(EXPIRY.lastIndex - i);
  }
}

// ---- passwords, PINs, a card's code ----

const WORD = pattern("(?:^|[^{L}])(?:((?:pas+wor[dt]s?|passcode|passphrase|passwd|pwd|wachtwoord(?:en)?|paswoord|l(?:ö|o\\u0308?)senord(?:et)?|salasana(?:ni|mme)?|парол[ьи]|(pass|pw|ww))(?![{L}0-9]))"
  + "|(pin(?:[ -]?(?:code|kod(?:en)?|koodi(?:ni)?|nummer|number))?|пин(?:[ -]?код)?)(?![{L}])"
  + "|(?:cvv2?|cvc2?|cv2|cvn|security code|(?:veiligheids|beveiligings)code|s(?:ä|a\\u0308?)kerhetskod(?:en)?|turva(?:koodi|luku|tunnus)|код безопасности)(?![{L}]))");
const IS = "(?:(?: +(?:is|was|are|är|ar|var|on|oli|это|был)|['’]s)(?: +(?:now|still|just|nu|nog|nyt|теперь|сейчас))?)";
const TO = "(?: +(?:to|into|naar|till|på|на))";
const FOR = "(?: +(?:for|to|of|on|voor|van|op|för|till|på|от|для|к)(?: +[{L}]+){1,3}?)?";
const SAID = pattern(`${FOR}(?:${IS}?([\"']? *[:=])[:= \\n]*|${IS} +| +-+>? +)([^ \\n]{1,${TOKEN}})`, "y");
const BESIDE = pattern(`${TO}? +([^ \\n]{1,${TOKEN}})`, "y");
const MEANT = `(?:${FOR}(?:${IS}| *[:=])|${TO})?`;
const PIN = pattern(`${MEANT}[ \\n:=#-]*([0-9]{4,12})(?![./-]?[0-9]|[{L}]|{MONEY})`, "y");
const CODE = pattern(`(?:[ -]?(?:code|kod(?:en)?|koodi|nummer|number|numero|nr|код|номер))?${MEANT}[ \\n:=#(-]*([0-9]{3,4})(?![0-9{L}])`, "y");

const PUNCTUATION = "[\"'«»“”„‘’‚`()\\[\\]{}<>.,;:!?…*_]*";
const EDGES = pattern(`^${PUNCTUATION}|${PUNCTUATION}$`);
const ELSEWHERE = pattern("://|^[^@]+@[a-z0-9-]+\\.[a-z.]{2,}$", "");
const MIXED = pattern("[{L}].*[0-9]|[0-9].*[{L}]|[{L}0-9][@#$%&^+=~|!?_*][{L}0-9]", "");
const QUANTITY = pattern("^[0-9]{1,3}[{L}]+$", "");
const LETTERS = pattern("^[{L}]{3,}$", "");
const PARTICIPLE = pattern("^(?:[a-z]+(?:ed|ing)|ge[a-z]+[dt])$", "");
// What is said of a password, and what a sentence about one goes on with.
const ORDINARY = new Set((
  "a about again also always and anymore asked at bad because being block broken but by can cannot can't changed "
  + "could correct did different do does doesn't don't easy empty error expired fine for forgot forgotten from gone "
  + "good hard has have help hidden here how i if important in incorrect invalid is it its it's known link log login "
  + "lost me mine missing must my needed new no not of ok okay old on or please private reset right safe secure sent "
  + "set short shown simple so stolen strong taken temporary that the then there this to too true unknown valid "
  + "visible was weak what when where which why will with won't wrong yes you your al anders bekend dan de die dit "
  + "een en er fout geen goed het hoe ik juist kan klopt kort kwijt lang maar met mijn moet naar nee niet nieuw nodig "
  + "om onbekend ongeldig onjuist ook oud sterk te ter van vergeten verkeerd verlopen waar waarom wat weg werkt zwak "
  + "att av bort borta bortglömt bytt det ett fel felaktigt för fungerar från glömt hur inget inte jag korrekt men "
  + "min mitt nej nytt och ogiltigt okänt på rätt saknas slut som spärrat starkt stulet svagt säkert till utgånget "
  + "ändrat låst vad var varför ei estetty eri hukassa ja jo kadonnut kadoksissa kun lukittu lukossa miksi mikä miten "
  + "mutta niin oikea oikein poissa se tai tuntematon unohtui unohtunut uusi vaihdettu vanha vanhentunut vielä "
  + "voimassa virheellinen väärin väärä а без был в верный все для ещё забыл забыла забыт и истек истёк к как какой "
  + "кто мой на не неверен неверный неправильный нет но новый он от потерян почему правильный с сброшен слабый старый "
  + "что это я"
).split(" "));

function secret(core, token, { said, colon, short, cyrillic, ends }) {
  if (!core || token.includes(HIDDEN) || ELSEWHERE.test(core)) return false;
  if (ORDINARY.has(core) || (!colon && PARTICIPLE.test(core))) return false;
  if (colon) return true;
  if (short && !said) return false;
  if (/^[0-9]+$/.test(core)) return core.length >= 4;
  if (MIXED.test(core)) return !QUANTITY.test(core) && core.length >= (said ? 4 : 6);
  if (cyrillic && /^[a-z]{4,}$/.test(core)) return true;
  return said && ends && !short && LETTERS.test(core);
}

// [from, to] of each, in order.
function secrets(plain) {
  const found = [];
  for (let word = matchAt(WORD, plain, 0); word; word = WORD.exec(plain)) {
    const value = word[1] ? password(plain, WORD.lastIndex, word) : digitsAfter(word[3] ? PIN : CODE, plain, WORD.lastIndex);
    if (!value) continue;
    found.push(value);
    WORD.lastIndex = value[1] - 1; // its last sign may stand before the next word
  }
  return found;
}

function digitsAfter(regexp, plain, at) {
  const match = matchAt(regexp, plain, at);
  return match && [regexp.lastIndex - match[1].length, regexp.lastIndex];
}

function password(plain, at, word) {
  const said = matchAt(SAID, plain, at);
  const match = said ?? matchAt(BESIDE, plain, at);
  if (!match) return null;
  const token = match.at(-1);
  const from = match.index + match[0].length - token.length;
  let to = from + token.length;
  const ends = to === plain.length || plain[to] === "\n" || /[.,;!?)]$/.test(token) || /^ *$/.test(plain.slice(to, to + TOKEN));
  const how = { said: Boolean(said), colon: Boolean(said?.[1]), short: Boolean(word[2]), cyrillic: word[1] > "а", ends };
  if (!secret(token.replace(EDGES, ""), token, how)) return null;
  while (to < plain.length && plain[to] !== " " && plain[to] !== "\n") to++;
  return [from, to];
}

// ---- the text ----

const LONG = /\p{Nd}(?:[^\p{L}\p{Nd}]{0,3}\p{Nd}){8,}/gu;

// The text with "•" in place of all digits of a card number but its last four, and of whatever follows a
// word for a password, a PIN or a card's code. Nothing to hide: the same text.
export function masked(text) {
  const signs = Array.from(text);
  cards(signs.map(plainOf).join(""), (place) => { signs[place] = HIDDEN; });
  const spans = secrets(signs.map(plainOf).join(""));
  return replaced(signs, spans, (length) => HIDDEN.repeat(Math.min(MOST_HIDDEN, length))).join("");
}

// What may be shown of a text while it is written: a card number has most of its digits before it is one.
export function previewed(text) {
  return masked(text).replace(LONG, (run) => run.replace(/\p{Nd}/gu, HIDDEN));
}

// What was hidden in a text: "card", "secret" or null.
export function hidden(text) {
  if (/(?:•[^•\p{L}]{0,3}){9}/u.test(text)) return "card";
  return /•{3}/u.test(text) ? "secret" : null;
}
