// Reads calendars as ical.js does. Input (stdin): a JSON array of texts; output: what is in each.
import { readFileSync } from "node:fs";
import { calendar } from "./calendar.mjs";

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(calendar)));
