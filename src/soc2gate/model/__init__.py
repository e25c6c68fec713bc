"""The frozen facts that travel through soc2gate: values, resources, rules, outcomes. No I/O, no behaviour."""
