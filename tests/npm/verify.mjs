// Verify what a webhook was posted with Standard Webhooks' own library: true, or its complaint.
import { Webhook } from "standardwebhooks";
import { readFileSync } from "node:fs";

const { secret, body, headers } = JSON.parse(readFileSync(0, "utf-8"));
try {
  new Webhook(secret).verify(body, headers);
  console.log("true");
} catch (error) {
  console.log(JSON.stringify(error.message));
}
