"""What our side of the sandbox is made of: Python source that runs in there, beside the labeling function."""

RUNNER = '''
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
