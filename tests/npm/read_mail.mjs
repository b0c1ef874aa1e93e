// Reads mails as two programs do that are not ours: postal-mime (MIME) and ical.js (calendars).
// Input (stdin): a JSON array of mails in base64; output: what was found in each.
import { readFileSync } from "node:fs";
import PostalMime from "postal-mime";
import { calendar } from "./calendar.mjs";

const utf8 = new TextDecoder("utf-8", { fatal: true });

async function read(base64) {
  const mail = await PostalMime.parse(Buffer.from(base64, "base64"));
  const attached = mail.attachments.map((each) => ({
    type: each.mimeType, name: each.filename, disposition: each.disposition, method: each.method ?? null,
    text: typeof each.content === "string" ? each.content : utf8.decode(each.content) }));
  const isCalendar = (each) => ["text/calendar", "application/ics"].includes(each.type);
  const calendars = attached.filter(isCalendar)
    .map((each) => ({ ...calendar(each.text), said: each.method }));
  return { subject: mail.subject, from: mail.from, to: mail.to, bcc: mail.bcc ?? null,
    headers: mail.headers.map((header) => header.key), text: mail.text, html: mail.html,
    files: attached.filter((each) => !isCalendar(each)), calendars };
}

const found = [];
for (const mail of JSON.parse(readFileSync(0, "utf8"))) found.push(await read(mail));
process.stdout.write(JSON.stringify(found));
