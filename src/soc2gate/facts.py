"""Dataclasses that cost little to define: what our facts are made with.

The standard library writes up to six functions for every dataclass and compiles them when its module is imported; a
scan defines about a hundred, and that alone was a quarter of its time for one file. Here equality, hash and repr are
shared functions over the fields, and a constructor is compiled only for a class that turns out to be made often.

Type checkers see the real thing, `dataclasses.fields` and `dataclasses.replace` take these classes too, and what they
do is the same for what we use: `frozen` (with `slots`), `slots`, `eq=False`, and in `field` a default, a factory,
`compare` and `repr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    from operator import attrgetter

    _MISSING = object()
    _OFTEN = 60
    """Compiling a constructor costs as much as making so many objects without."""

    class _Field:
        __slots__ = ("compare", "default", "default_factory", "repr")

        def __init__(self, default, default_factory=_MISSING, compare=True, repr=True):  # noqa: A002 - as dataclasses say
            self.default, self.default_factory, self.compare, self.repr = default, default_factory, compare, repr

    def field(*, default=_MISSING, default_factory=_MISSING, compare=True, repr=True):  # noqa: A002 - as dataclasses say
        return _Field(default, default_factory, compare, repr)

    def dataclass(*, frozen=False, slots=False, eq=True):
        if frozen and not slots:
            raise TypeError("a frozen fact has slots: @dataclass(frozen=True, slots=True)")
        return lambda cls: _define(cls, frozen, slots, eq)

    def replace(fact, /, **changes):
        """A copy of which these fields are others."""
        for name in fact.__match_args__:
            if name not in changes:
                changes[name] = getattr(fact, name)
        return type(fact)(**changes)

    def _define(cls, frozen, slots, eq):
        told = cls.__dict__
        own = {}
        for name in told.get("__annotations__", ()):
            default = told.get(name, _MISSING)
            own[name] = default if isinstance(default, _Field) else _Field(default)
        fields = {**getattr(cls, "__facts__", {}), **own}
        body = {
            "__facts__": fields,
            "__match_args__": tuple(fields),
            "__repr__": _repr,
            "__reduce__": _reduce,
            "__dataclass_fields__": _Standard("__dataclass_fields__", frozen),
            "__dataclass_params__": _Standard("__dataclass_params__", frozen),
        }
        if eq:
            body["__compared__"] = _getter([name for name, one in fields.items() if one.compare])
            body["__eq__"] = _eq
            body["__hash__"] = _hash if frozen else None
        if frozen:
            body["__setattr__"] = _refuse_set
            body["__delattr__"] = _refuse_delete
        # What the class says itself stands.
        body = {name: value for name, value in body.items() if told.get(name) is None}
        if slots:
            kept = {name: value for name, value in told.items() if name not in own}
            kept.pop("__dict__", None)
            kept.pop("__weakref__", None)
            slotted = {"__slots__": tuple(own), "__qualname__": cls.__qualname__}
            cls = type(cls)(cls.__name__, cls.__bases__, {**kept, **body, **slotted})
        else:
            for name, value in body.items():
                setattr(cls, name, value)
        _make_slowly(cls, fields, frozen)
        return cls

    def _make_slowly(cls, fields, frozen):
        """Objects are made field by field, until there have been enough of them that compiling pays."""
        names = tuple(fields)
        made = 0

        def fill(self, args, given):
            nonlocal made
            made += 1
            if made == _OFTEN:
                setattr(cls, "__new__" if frozen else "__init__", _constructor(cls, fields, frozen))
            for name, value in zip(names, args):  # noqa: B905 - too many are told below
                _set(self, name, value)
            left = len(given)
            for name in names[len(args) :]:
                if name in given:
                    value = given[name]
                    left -= 1
                else:
                    one = fields[name]
                    value = one.default if one.default_factory is _MISSING else one.default_factory()
                    if value is _MISSING:
                        return False
                _set(self, name, value)
            return not left and len(args) <= len(names)

        # Where the arguments are wrong, Python itself says how.
        if frozen:

            def __new__(cls, /, *args, **given):
                self = _new(cls)
                return self if fill(self, args, given) else _constructor(cls, fields, frozen)(cls, *args, **given)

            cls.__new__ = __new__
        else:

            def __init__(self, /, *args, **given):
                if not fill(self, args, given):
                    _constructor(cls, fields, frozen)(self, *args, **given)

            cls.__init__ = __init__

    def _constructor(cls, fields, frozen):
        """The constructor as one would write it.

        A frozen class has an open twin of the same layout: the object is filled as one of that, and then becomes what
        it is, which takes half the time of going around its own `__setattr__` for every field.
        """
        known = {"_MISSING": _MISSING, "_new": _new}
        heads, lines = [], []
        for name, one in fields.items():
            value = name
            if one.default_factory is not _MISSING:
                known[f"_make_{name}"] = one.default_factory
                value = f"_make_{name}() if {name} is _MISSING else {name}"
                heads.append(f"{name}=_MISSING")
            elif one.default is not _MISSING:
                known[f"_of_{name}"] = one.default
                heads.append(f"{name}=_of_{name}")
            else:
                heads.append(name)
            lines.append(f"    self.{name} = {value}\n")
        if frozen:
            same = {"__slots__": cls.__slots__, "__setattr__": object.__setattr__}
            if "__orig_bases__" in cls.__dict__:
                same["__orig_bases__"] = cls.__orig_bases__
            known["_open"] = type(cls)(cls.__name__, cls.__bases__, same)
            lines = ["    self = _new(_open)\n", *lines, "    self.__class__ = cls\n", "    return self\n"]
        head = "__new__(cls" if frozen else "__init__(self"
        exec(f"def {', '.join([head, *heads])}):\n{''.join(lines)}    pass\n", known)
        made = known["__new__" if frozen else "__init__"]
        made.__qualname__ = f"{cls.__qualname__}.{made.__name__}"
        return made

    def _getter(names):
        """All the fields at once, as a tuple."""
        if len(names) > 1:
            return staticmethod(attrgetter(*names))
        return staticmethod(lambda fact: tuple(getattr(fact, name) for name in names))

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__compared__(self) == other.__compared__(other)

    def _hash(self):
        return hash(self.__compared__(self))

    _shown = set()

    def _repr(self):
        if id(self) in _shown:
            return "..."
        _shown.add(id(self))
        try:
            told = [f"{name}={getattr(self, name)!r}" for name, one in self.__facts__.items() if one.repr]
        finally:
            _shown.discard(id(self))
        return f"{type(self).__qualname__}({', '.join(told)})"

    def _reduce(self):
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)

    def _refuse_set(self, name, value):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_delete(self, name):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    class _Standard:
        """What the standard library wants to find in a dataclass, made when somebody looks."""

        def __init__(self, name, frozen):
            self.name, self.frozen = name, frozen
            self.made = {}

        def __get__(self, fact, cls):
            # `dataclasses.replace` asks for every object anew, and there are thousands.
            if cls not in self.made:
                self.made[cls] = self._make(cls)
            return self.made[cls]

        def _make(self, cls):
            import dataclasses
            from inspect import get_annotations

            told = {}
            for name, one in cls.__facts__.items():
                given = {"compare": one.compare, "repr": one.repr}
                if one.default is not _MISSING:
                    given["default"] = one.default
                if one.default_factory is not _MISSING:
                    given["default_factory"] = one.default_factory
                told[name] = dataclasses.field(**given)
            types = {name: kind for base in reversed(cls.__mro__) for name, kind in get_annotations(base).items()}
            told["__annotations__"] = {name: types[name] for name in cls.__facts__}
            made = dataclasses.dataclass(frozen=self.frozen)(type(cls.__name__, (), told))
            return getattr(made, self.name)

    _new = object.__new__
    _set = object.__setattr__
