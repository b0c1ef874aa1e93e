// Reads an iCalendar text as ical.js does.
import ICAL from "ical.js";

export function calendar(source) {
  const root = new ICAL.Component(ICAL.parse(source));
  for (const zone of root.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  }
  const events = root.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    const attendees = component.getAllProperties("attendee").map((each) => each.getFirstValue());
    return { uid: event.uid, sequence: event.sequence, summary: event.summary, attendees,
      start: event.startDate.toUnixTime(), end: event.endDate.toUnixTime(),
      status: component.getFirstPropertyValue("status"),
      description: event.description, location: event.location };
  });
  return { method: root.getFirstPropertyValue("method"), events };
}
