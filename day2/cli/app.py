"""The command `day2`: drills, restores, their history and reports, scaling by the clock, verification, the engine."""

import typer

from day2.cli import approvals, drill, drills, engine, output, report, restore, retire, schedule, verify

app = typer.Typer(
    name="day2",
    cls=output.Interruptible,
    help="Day-2 operations of a Coder platform on AWS: drills that prove the backups, restores that can be undone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("drill")(drill.drill)
app.command("drills")(drills.drills)
app.command("report")(report.report)
app.command("restore")(restore.restore)
app.command("approvals")(approvals.approvals)
app.command("approve")(approvals.approve)
app.command("reject")(approvals.reject)
app.command("retire")(retire.retire)
app.command("schedule")(schedule.schedule)
app.command("verify")(verify.verify)
app.add_typer(engine.app, name="engine")
