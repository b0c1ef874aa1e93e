"""Code for any Lambda function: settings, batches, metrics, traces, queues and buses."""
