// Runs a browser until stdin ends. Output: a line with the address at which scripts reach it.
import { chromium } from "playwright-core";
import { options } from "./browser.mjs";

const server = await chromium.launchServer(options);
server.on("close", () => process.exit(1));
process.stdin.resume().on("end", () => server.close().finally(() => process.exit(0)));
process.stdout.write(`${server.wsEndpoint()}\n`);
