// Answers on a page as a person does, or as a mail scanner does, in Chromium on a phone.
// Input (stdin): {"link", "do": "person", "width"?, "steps": [{"press"?, "open"?,
//   "fill"?: [[field, value]], "code"?: address}]} or {"link", "do": "scan", "rounds"}
// Output: one JSON object: "texts" of the pages that a person saw, "faults" of axe on each, "blocked"
// by the page's policy, "requests" to anywhere else; or of a scanner the number of "pages" it saw.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { devices } from "playwright-core";
import { browserOf } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const job = JSON.parse(readFileSync(0, "utf8"));
const browser = await browserOf();
const phone = devices["Pixel 7"];
const viewport = { ...phone.viewport, ...(job.width && { width: job.width }) };
const context = await browser.newContext({ ...phone, viewport, colorScheme: job.dark ? "dark" : "light" });
const page = await context.newPage();
const origin = new URL(job.link).origin;
const requests = [];
await page.addInitScript(() => {
  window.blocked = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.blocked.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  });
});
page.on("request", (request) => request.url().startsWith(origin) || requests.push(request.url()));

async function look(found) {
  found.texts.push(await page.evaluate(() => document.body.innerText));
  found.widths.push(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
  found.blocked.push(...await page.evaluate(() => window.blocked)); // before axe adds its styles
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  for (const fault of violations) {
    found.faults.push(`${fault.id}: ${fault.nodes.map((node) => node.target.join(" ")).join(" | ")}`);
  }
}

async function answer() {
  const found = { texts: [], widths: [], faults: [], blocked: [], requests };
  await page.goto(job.link);
  await look(found);
  for (const step of job.steps) {
    if (step.open) await page.locator("summary", { hasText: step.open }).click();
    for (const [field, value] of step.fill ?? []) await page.locator(`[name=${field}]:visible`).first().fill(value);
    for (const [field, value] of step.select ?? []) await page.locator(`[name=${field}]:visible`).first().selectOption(value);
    if (step.code) {
      const told = await (await fetch(step.code)).text();
      await page.locator("[name=code]:visible").first().fill(told);
    }
    await page.locator(`button:visible:text-is("${step.press}")`).first().click();
    await page.waitForLoadState();
    await look(found);
  }
  return found;
}

// What a scanner enters into a field that it does not understand.
const GUESSES = ["yes", "OK", "test@example.com", "APPROVED", "1234", "on"];

async function fill(form, round) {
  for (const field of await form.locator("input:not([type=hidden]), textarea, select").all()) {
    const type = await field.getAttribute("type");
    if (await field.evaluate((each) => each.tagName === "SELECT")) {
      await field.evaluate((each, value) => { each.selectedIndex = each.length - 1 - value; }, round % 2);
    } else if (type === "radio" || type === "checkbox") await field.check({ force: true });
    else if (type === "datetime-local") await field.evaluate((each, value) => { each.value = value; }, `2027-03-0${7 + round}T1${round}:00`);
    else await field.evaluate((each, value) => { each.value = value; }, GUESSES[round % GUESSES.length]);
  }
}

async function openAll() {
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
}

// Every way on from a page: its links, and each button of each form, filled.
async function scan(way, depth, round, seen) {
  const arrive = async () => {
    await page.goto(job.link);
    for (const [form, button] of way) {
      await openAll();
      const chosen = page.locator("form").nth(form);
      await fill(chosen, round);
      // Without the browser's own checks: a scanner does not stop at a required field.
      await Promise.all([
        page.waitForNavigation(),
        chosen.locator("button").nth(button).evaluate((each) => {
          each.form.noValidate = true;
          setTimeout(() => each.form.requestSubmit(each));
        }),
      ]);
    }
  };
  await arrive();
  seen.pages += 1;
  const links = await page.evaluate(() => [...document.links].map((link) => link.href));
  const forms = await page.evaluate(() => [...document.forms].map((form) => form.querySelectorAll("button").length));
  for (const link of links.filter((each) => each.startsWith(origin))) {
    await page.goto(link).catch(refuseAllButDownloads);
    seen.pages += 1;
  }
  if (depth === 0) return;
  for (const [form, buttons] of forms.entries()) {
    for (let button = 0; button < buttons; button += 1) await scan([...way, [form, button]], depth - 1, round, seen);
  }
}

// A feed is a file to a browser: the scanner has fetched it, and there is no page to look at.
function refuseAllButDownloads(error) {
  if (!error.message.includes("Download is starting")) throw error;
}

async function scanAll() {
  const seen = { pages: 0, requests };
  for (let round = 0; round < job.rounds; round += 1) await scan([], job.depth ?? 2, round, seen);
  return seen;
}

try {
  const found = job.do === "scan" ? await scanAll() : await answer();
  process.stdout.write(JSON.stringify(found));
} finally {
  await browser.close();
}
