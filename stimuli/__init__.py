"""Which images do observers see, in which trials?

A stimulus set is built from labels and images (`stimuli.build.build_set`), followed by successors under newer
labels (`stimuli.refresh.refresh_set`), checked (`stimuli.check.check_set`) and read by other packages
(`stimuli.records.read_any_set`). Start with `stimuli.build`, which reads like a methods section; what a trial
consists of is declared in `stimuli.tasks`, one module per task.
"""
