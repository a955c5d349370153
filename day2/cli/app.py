"""The command `day2`: drills, restores, their history and reports, scaling by the clock, verification, the engine."""

import typer

from day2.cli import (
    approvals,
    doctor,
    drill,
    drills,
    engine,
    output,
    report,
    restore,
    retire,
    scale_demo,
    scale_group,
    scale_history,
    scale_simulate,
    schedule,
    verify,
)

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
app.add_typer(schedule.app, name="schedule")
app.command("freeze")(scale_history.freeze)
app.command("doctor")(doctor.doctor)
app.command("verify")(verify.verify)
scale = typer.Typer(
    cls=scale_group.ByRole,
    help="Node groups: scaled by hand, who scaled what when, and what a simulation shows.",
    no_args_is_help=True,
)
scale.command("workspaces")(scale_group.of("workspace"))
scale.command("provisioners")(scale_group.of("provisioner"))
scale.command("history")(scale_history.history)
scale.command("demo")(scale_demo.demo)
scale.command("simulate")(scale_simulate.simulate)
app.add_typer(scale, name="scale")
app.add_typer(engine.app, name="engine")
