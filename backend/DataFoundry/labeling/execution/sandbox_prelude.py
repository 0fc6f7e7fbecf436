"""What our side of the sandbox is made of: Python source that runs in there, beside the labeling function."""

# The sandbox rounds with a multiplication, so that its round(2.675, 2) is 2.68; Python's rounds the exact value of the
# float, which is what formatting does. Other differences from Python that a million values of each numeric builtin
# showed are listed in docs/labeling_functions.md; those that differ are worth a report to the sandbox's makers.
RUNNER = '''
_datafoundry_round = round


def round(number, ndigits=None):
    if type(number) is not float or type(ndigits) is not int or number - number != 0 or ndigits > 323:
        return _datafoundry_round(number, ndigits)
    if ndigits >= 0:
        return float("%.*f" % (ndigits, number))
    if ndigits < -308:
        return number * 0.0
    unit = 10 ** -ndigits
    whole = int(abs(number))
    tens, rest = divmod(whole, unit)
    over = 2 * rest - unit
    if over > 0 or (over == 0 and (abs(number) > whole or tens % 2 == 1)):
        tens += 1
    rounded = float(tens * unit)
    return -rounded if number < 0 or str(number) == "-0.0" else rounded


class _DataFoundryRow:
    def __init__(self, names, values, attributes):
        self._values = dict(zip(names, values))
        for name in attributes:
            if name in self._values:
                setattr(self, name, self._values[name])

    def __getitem__(self, key):
        return self._values[key]

    def __contains__(self, key):
        return key in self._values

    def get(self, key, default=None):
        return self._values.get(key, default)


_datafoundry_answers = []


def _datafoundry_run(function, names, rows, attributes):
    """Answers so far, and what is wrong with the last one."""
    _datafoundry_answers.clear()
    for values in rows:
        if attributes is None:
            answer = function(dict(zip(names, values)))
        else:
            answer = function(_DataFoundryRow(names, values, attributes))
        kind = type(answer)
        if kind is bool:
            answer = 1 if answer else 0
        elif answer is not None and kind is not int:
            shown = " " + repr(answer)[:60] if kind is float or kind is str else ""
            return _datafoundry_answers, kind.__name__ + shown
        elif kind is int and not -1 <= answer < 127:
            shown = str(answer) if -1000000 < answer < 1000000 else "of many digits"
            return _datafoundry_answers, "the number " + shown
        _datafoundry_answers.append(answer)
    return _datafoundry_answers, None
'''
