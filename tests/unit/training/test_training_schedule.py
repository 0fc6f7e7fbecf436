import pytest

from DataFoundry.training.schedule import Schedule


def run(schedule, losses):
    """The epochs run, and where the best weights were taken up again."""
    rewound = []
    for epoch, loss in enumerate(losses, start=1):
        schedule.after_epoch(epoch, loss)
        if schedule.rewinds:
            rewound.append(epoch)
        if schedule.reason:
            return epoch, rewound
    return len(losses), rewound


def test_the_rate_warms_up_stays_and_falls():
    schedule = Schedule(epochs=20, steps_per_epoch=100)
    factors = [schedule.factor(step) for step in range(2000)]
    assert factors[0] < 0.02
    assert factors[200] == 1.0 == factors[999]
    assert factors[1000:] == sorted(factors[1000:], reverse=True)
    assert factors[1500] == pytest.approx(0.5, abs=0.01)
    assert 0 < factors[-1] < 0.01


def test_all_epochs_are_run_while_validation_improves():
    schedule = Schedule(epochs=8, steps_per_epoch=1)
    assert run(schedule, [8.0, 7, 6, 5, 4, 3, 2, 1]) == (8, [])
    assert schedule.best_epoch == 8
    assert schedule.reason == "all epochs were run"


def test_when_validation_stalls_the_best_weights_are_taken_up_and_the_rate_falls_at_once():
    schedule = Schedule(epochs=100, steps_per_epoch=1000)
    for epoch, loss in enumerate([5.0, 4.0, 3.0, 3.5, 3.5], start=1):
        assert schedule.factor(epoch * 1000 + 500) == 1.0
        schedule.after_epoch(epoch, loss)
    assert schedule.rewinds and schedule.reason is None
    assert schedule.factor(6000) < 1.0
    assert schedule.factor(7999) < 0.05


def test_it_stops_when_even_the_falling_rate_brings_nothing():
    schedule = Schedule(epochs=100, steps_per_epoch=100)
    epochs, rewound = run(schedule, [5.0, 4.0, 3.0] + [3.5] * 97)
    assert rewound == [5]
    assert epochs < 12
    assert schedule.best_epoch == 3
    assert schedule.reason == "the validation loss no longer improved after epoch 3"


def test_a_small_table_waits_for_as_many_steps_as_tell_something():
    schedule = Schedule(epochs=200, steps_per_epoch=28)  # eight epochs are 224 steps
    assert run(schedule, [5.0, 4.0] + [4.5] * 198)[1] == [10]


def test_negative_losses_stop_as_well():
    """A relative threshold of the wrong sign would take a flat -10 for progress for ever."""
    schedule = Schedule(epochs=100, steps_per_epoch=100)
    assert run(schedule, [-10.0] * 100)[0] < 12


def test_one_epoch_is_one_epoch():
    schedule = Schedule(epochs=1, steps_per_epoch=3)
    assert run(schedule, [1.0]) == (1, [])
    assert schedule.best_epoch == 1


def test_a_loss_that_is_no_number_is_never_the_best():
    schedule = Schedule(epochs=5, steps_per_epoch=3)
    run(schedule, [2.0, float("nan"), 1.0])
    assert schedule.best_epoch == 3
