"""The printer: an expression as the body of a function, for one library of arrays.

Products become matrix products, entrywise operations broadcasts; a column of ones becomes a sum over an axis, a
diagonal matrix a broadcast. A sum over entries becomes a sum over an axis of arrays that are indexed by ``arange``.
Softmax, logsumexp and what is made of exponentials is printed in its shifted form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sympy import (
    Add,
    Dummy,
    HadamardProduct,
    Indexed,
    IndexedBase,
    Lambda,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Pow,
    S,
    Sum,
    Symbol,
    Transpose,
    cosh,
    exp,
    log,
)
from sympy.core.relational import Relational

from lossgrad.array_code.backends import BACKENDS, FUNCTIONS, PRELUDES, Backend, NoCode
from lossgrad.array_code.parameters import Parameter, identifier, ordered, parameters_of, sizes_of
from lossgrad.array_code.patterns import (
    exponents_of_a_sum,
    fraction,
    is_matrix,
    is_negative,
    is_sigmoid,
    logarithms,
    masked_softmax,
    ones_minus,
    picked_softmax,
    split_limits,
    unwrapped,
)
from lossgrad.expressions import (
    Activation,
    Diag,
    Elementwise,
    Named,
    NamedScalar,
    OneHot,
    Scalar,
    Softmax,
    correlate,
    entry,
    flip,
    padded,
    sigmoid,
)

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 4, 5


class Code(NamedTuple):
    """A piece of source, how tightly it binds, and whether its array has its full shape or is one that broadcasts."""

    text: str
    level: int = _ATOM
    full: bool = True

    def inside(self, level: int) -> str:
        """The text, in brackets where it binds less tightly than asked for."""
        return self.text if self.level >= level else f"({self.text})"


class Place(NamedTuple):
    """An axis of an argument, and the size that it has in the expression."""

    parameter: Parameter
    axis: int
    size: Any

    @property
    def length(self) -> str:
        """The length of the axis, in code."""
        return f"{self.parameter.name}.shape[{self.axis}]"


class ArrayPrinter:
    """Prints one expression as the body of a function; what occurs more than once is computed once, under a name."""

    def __init__(
        self, backend: Backend, expression: Any, arguments: Sequence[Any], repeated: frozenset[Any] = frozenset()
    ) -> None:
        self.backend, self.repeated = backend, repeated
        self.sizes = sizes_of(expression)
        self.chosen = bool(arguments)
        self.parameters = ordered(parameters_of(expression, backend.name), arguments, self.sizes)
        self.names: dict[Any, str] = {parameter.symbol: parameter.name for parameter in self.parameters}
        self.taken = {*self.names.values(), "np", "jnp", "jax", "torch", "dtype", *PRELUDES, *BACKENDS["numpy"].calls}
        self.printed: Counter[Any] = Counter()
        self.aranges: list[str] = []
        self.lines: list[str] = []
        self.codes: dict[Any, Code] = {}
        self.bound: dict[Any, Code] = {}
        self.scope: tuple[tuple[Any, int], ...] = ()
        self.differentiations = 0
        self.depth = 0

    # -- the function around the expression

    def body(self, expression: Any) -> list[str]:
        """The lines of the function: sizes, what is computed once, the value."""
        value = self.full(expression) if is_matrix(expression) else self.code(expression)
        lines = [*self._dtype_lines(value.text), *self.aranges, *self.lines, f"return {value.text}"]
        return [*self._size_lines(lines), *lines]

    def preludes(self, body: Sequence[str]) -> list[str]:
        """The imports, and the functions that the library of arrays lacks."""
        helpers = [name for name in PRELUDES if self.backend.name == "numpy" and _mentions(body, rf"{name}\(")]
        imports = [self.backend.imports, *(PRELUDES[name] for name in helpers if name == "erf")]
        return ["\n".join(imports), *(PRELUDES[name] for name in helpers if name != "erf")]

    def _size_lines(self, body: Sequence[str]) -> list[str]:
        """Where the sizes that are used come from: the shapes of arguments."""
        told = self._told_sizes()
        own = {parameter.symbol for parameter in self.parameters}
        needed = {n for n in self.sizes - own if n in self.names and _mentions(body, rf"{self.names[n]}\b")}
        self._needs_no_more(needed - told.keys())
        for size in reversed(told):
            if size in needed:
                needed |= (told[size].size.free_symbols & told.keys()) - {size}
        lines: list[str] = []
        for parameter in self.parameters:
            plain = [t for s, t in told.items() if s in needed and t.parameter == parameter and t.size == s]
            names = [self._size_name(t.size) for t in plain]
            if len(plain) == 2:
                lines.append(f"{', '.join(names)} = {parameter.name}.shape")
            lines += [f"{name} = {t.length}" for name, t in zip(names, plain, strict=True) if len(plain) == 1]
        for size, place in told.items():
            if size in needed and place.size != size:
                lines.append(f"{self._size_name(size)} = {self._solved(size, place)}")
        return lines

    def _told_sizes(self) -> dict[Any, Place]:
        """Each size with the first axis that tells it, those first that an axis tells alone."""
        places = [
            Place(parameter, axis, S(n))
            for parameter in self.parameters
            for axis, n in enumerate(getattr(parameter.symbol, "shape", None) or ())
        ]
        told: dict[Any, Place] = {}
        given = {parameter.symbol for parameter in self.parameters}
        for place in places:
            if place.size.is_Symbol and place.size not in given:
                told.setdefault(place.size, place)
        for place in places * len(places):
            unknown = place.size.free_symbols - told.keys() - given
            if len(unknown) == 1 and place.size.is_polynomial(*unknown) and place.size.diff(*unknown).is_positive:
                told[unknown.pop()] = place
        return told

    def _solved(self, size: Any, place: Place) -> str:
        """The size from an axis as long as ``D + 1`` or ``N*T``."""
        factor = place.size.coeff(size)
        rest = factor * size - place.size
        terms = sorted(rest.as_ordered_terms(), key=lambda term: bool(term.is_number)) if rest != 0 else []
        length = place.length
        for term in terms:
            minus = is_negative(term)
            length += f" {'-' if minus else '+'} {self.code(-term if minus else term).inside(_PRODUCT)}"
        if factor == 1:
            return length
        return f"{f'({length})' if terms else length} // {self.code(factor).inside(_ATOM)}"

    def _needs_no_more(self, lost: set[Any]) -> None:
        """A size that no shape tells becomes an argument, where arguments were not chosen."""
        if lost and self.chosen:
            given = ", ".join(p.name for p in self.parameters)
            names = ", ".join(sorted(map(str, lost)))
            raise ValueError(f"no argument has a shape that tells {names}; give it as an argument: got {given}")
        self.parameters += tuple(Parameter(self.names[n], n, "number") for n in sorted(lost, key=str))

    def _dtype_lines(self, value: str) -> list[str]:
        if not _mentions([*self.lines, value], r"dtype\)"):
            return []
        matrices = [p.name for p in self.parameters if p.kind == "matrix"]
        if not matrices:
            return ["dtype = float" if self.backend.name != "torch" else "dtype = torch.get_default_dtype()"]
        given = matrices[0] if self.backend.name == "torch" else ", ".join(matrices)
        return [f"dtype = {self.backend.calls['dtype'].format(given)}"]

    # -- names

    def name(self, stem: str) -> str:
        """A name that is not taken yet."""
        name, count = stem, 1
        while name in self.taken:
            count += 1
            name = f"{stem}{count}"
        self.taken.add(name)
        return name

    def size(self, n: Any) -> Code:
        """A size such as ``C`` or ``D + 1``."""
        return self.code(n)

    def _size_name(self, size: Any) -> str:
        if size not in self.names:
            stem = identifier(size.name)
            self.names[size] = self.name(stem if stem not in self.taken else f"n_{stem}")
        return self.names[size]

    def call(self, function: str, *arguments: str) -> Code:
        """A call of the library of arrays, as it spells it."""
        if function in self.backend.calls:
            return Code(self.backend.calls[function].format(*arguments))
        return Code(f"{self.backend.module}.{function}({', '.join(arguments)})")

    @contextmanager
    def binding(self, codes: Mapping[Any, Code]) -> Iterator[None]:
        """Within, each symbol is printed as its code."""
        kept = dict(self.bound)
        self.bound.update(codes)
        yield
        self.bound = kept

    # -- dispatch

    def code(self, e: Any) -> Code:
        """The code of a scalar, or of a matrix whose array may be one that broadcasts to its shape."""
        if e in self.bound:
            return self.bound[e]
        if not self._is_shared(e):
            return self._dispatch(e)
        key = (self._scope_of(e), e)
        self.printed[key] += 1
        if key not in self.codes:
            depth, self.depth = self.depth, 0
            code = self._dispatch(e)
            self.depth = depth
            if key in self.repeated and not code.text.isidentifier():
                name = self.name(_stem(e))
                self.lines.append(f"{name} = {code.text}")
                code = Code(name, _ATOM, code.full)
            self.codes[key] = code
        return self.codes[key]

    def full(self, A: Any) -> Code:
        """The code of a matrix whose array has its full shape."""
        code = self.code(A)
        if code.full:
            return code
        if isinstance(A, OneMatrix):
            return self.call("ones", f"{self._shape(A)}, dtype=dtype")
        return self.call("broadcast_to", self._as_array(code.text), self._shape(A))

    def _shape(self, A: Any) -> str:
        rows, columns = (self.size(n).text for n in A.shape)
        return f"({rows}, {columns})"

    def _is_shared(self, e: Any) -> bool:
        """Whether it may be computed once: no letter, and free of indices and of entrywise variables."""
        if isinstance(e, (MatrixSymbol, OneMatrix)) or not getattr(e, "args", ()):
            return False
        if type(e).__name__ in ("Transpose", "Identity", "ZeroMatrix", "MatrixElement", "Indexed"):
            return False
        if not is_matrix(e) and not isinstance(e, NamedScalar) and not e.has(MatrixExpr):
            return False
        return not self.bound or e.free_symbols.isdisjoint(self.bound)

    def _scope_of(self, e: Any) -> tuple[Any, ...]:
        """The differentiations on whose variables it depends: in another one it is another value."""
        return self.scope if any(M in e.free_symbols or e.has(M) for M, _ in self.scope) else ()

    def _dispatch(self, e: Any) -> Code:
        for kind in type(e).__mro__:
            method = getattr(self, f"_print_{kind.__name__}", None)
            if method is not None:
                printed: Code = method(e)
                return printed
        raise NoCode(f"no {self.backend.name} code for {e}, of type {type(e).__name__}")

    # -- matrices

    def _print_MatrixSymbol(self, e: Any) -> Code:
        return Code(self.names[e])

    def _print_Transpose(self, e: Any) -> Code:
        if isinstance(e.arg, Softmax):
            return self.call("row_softmax", self.full(Transpose(e.arg.args[0]).doit(deep=False)).text)
        if isinstance(e.arg, OneHot):
            return self._one_hot("row_one_hot", e.arg)
        return Code(f"{self.full(e.arg).inside(_ATOM)}.T")

    def _print_OneMatrix(self, e: Any) -> Code:
        return Code("1", _ATOM, full=False)

    def _print_ZeroMatrix(self, e: Any) -> Code:
        return self.call("zeros", f"{self._shape(e)}, dtype=dtype")

    def _print_Identity(self, e: Any) -> Code:
        return self.call("eye", f"{self.size(e.shape[0]).text}, dtype=dtype")

    def _print_MatAdd(self, e: Any) -> Code:
        return self._sum(e.args)

    def _sum(self, terms: Sequence[Any]) -> Code:
        """Terms with a plus first, then those with a minus."""
        signed = [(is_negative(term), self.code(-term if is_negative(term) else term)) for term in terms]
        signed.sort(key=lambda item: item[0])
        text = ""
        for negative, code in signed:
            if not text:
                text = f"-{code.inside(_PRODUCT)}" if negative else code.inside(_SUM)
            else:
                text += f" - {code.inside(_PRODUCT)}" if negative else f" + {code.inside(_SUM)}"
        return Code(text, _SUM, any(code.full for _, code in signed))

    def _print_MatMul(self, e: Any) -> Code:
        scalars = [arg for arg in e.args if not is_matrix(arg)]
        product = self._product([arg for arg in e.args if is_matrix(arg)])
        return self._scaled(Mul(*scalars), product)

    def _scaled(self, factor: Any, product: Code) -> Code:
        """factor * product, with what divides behind it."""
        if factor == 1:
            return product
        minus = is_negative(factor)
        above, below = fraction(-factor if minus else factor)
        front = [self.code(part).inside(_PRODUCT) for part in above]
        if product.text != "1" or not front:
            front.append(product.inside(_PRODUCT if not front else _POWER))
        text = " * ".join(front) + "".join(f" / {self.code(part).inside(_POWER)}" for part in below)
        return Code(f"-{text}" if minus else text, _PRODUCT, product.full)

    def _product(self, factors: list[Any]) -> Code:
        """A product of matrices: ones are sums, diagonals are broadcasts, the rest are matrix products."""
        if len(factors) == 1:
            return self.code(factors[0])
        factors = [unwrapped(A) for A in factors]
        if (masked := masked_softmax(factors)) is not None:
            return self.call("masked_softmax", *(self.full(A).text for A in masked))
        for place, A in enumerate(factors):
            if isinstance(A, OneMatrix):
                return self._product_with_ones(factors[:place], A, factors[place + 1 :])
        for place, A in enumerate(factors):
            if isinstance(A, Diag):
                return self._product_with_diagonal(factors[:place], A, factors[place + 1 :])
        for place in range(1, len(factors)):
            if len(factors) > 2 and factors[place].shape[0] == 1:
                left, right = self._product(factors[:place]), self._product(factors[place:])
                return Code(f"{left.inside(_PRODUCT)} @ {right.inside(_POWER)}", _PRODUCT)
        if isinstance(factors[-1], OneHot) and isinstance(factors[-1].y, IndexedBase):
            return Code(f"{self._full_product(factors[:-1]).inside(_ATOM)}[:, {self.names[factors[-1].y]}]")
        parts = [self.full(A) for A in factors]
        first, *others = parts
        return Code(" @ ".join([first.inside(_PRODUCT), *(part.inside(_POWER) for part in others)]), _PRODUCT)

    def _full_product(self, factors: list[Any]) -> Code:
        if len(factors) == 1:
            return self.full(factors[0])
        code = self._product(factors)
        if code.full:
            return code
        rows, columns = self.size(factors[0].shape[0]).text, self.size(factors[-1].shape[1]).text
        return self.call("broadcast_to", code.text, f"({rows}, {columns})")

    def _product_with_ones(self, left: list[Any], ones: Any, right: list[Any]) -> Code:
        """A 1 1^T B is the column of row sums of A times the row of column sums of B."""
        if left and right:
            sums = [self._row_sums(left).inside(_PRODUCT), self._column_sums(right).inside(_POWER)]
            return Code(" * ".join(sums), _PRODUCT)
        if left:
            sums_of_rows = self._row_sums(left)
            return sums_of_rows._replace(full=ones.shape[1] == 1)
        sums_of_columns = self._column_sums(right)
        return sums_of_columns._replace(full=ones.shape[0] == 1)

    def _row_sums(self, factors: list[Any]) -> Code:
        *before, last = factors
        if last.shape[1] == 1:
            return self._full_product(factors)
        sums = self.call("column_of_sums", self.full(last).text)
        return Code(f"{self._full_product(before).inside(_PRODUCT)} @ {sums.text}", _PRODUCT) if before else sums

    def _column_sums(self, factors: list[Any]) -> Code:
        first, *after = factors
        if first.shape[0] == 1:
            return self._full_product(factors)
        sums = self.call("row_of_sums", self.full(first).text)
        return Code(f"{sums.text} @ {self._full_product(after).inside(_POWER)}", _PRODUCT) if after else sums

    def _product_with_diagonal(self, left: list[Any], diagonal: Any, right: list[Any]) -> Code:
        """A diag(v) scales columns, diag(v) B scales rows."""
        (v,) = diagonal.args
        if left:
            row = self.code(v.T if v.shape[1] == 1 and v.shape[0] != 1 else v).inside(_POWER)
            scaled = Code(f"{self._full_product(left).inside(_PRODUCT)} * {row}", _PRODUCT)
            if not right:
                return scaled
            return Code(f"{scaled.inside(_ATOM)} @ {self._full_product(right).inside(_POWER)}", _PRODUCT)
        column = self.code(v if v.shape[1] == 1 else v.T).inside(_PRODUCT)
        return Code(f"{column} * {self._full_product(right).inside(_POWER)}", _PRODUCT)

    def _print_HadamardProduct(self, e: Any) -> Code:
        codes = [self.code(arg) for arg in e.args]
        first, *others = codes
        text = " * ".join([first.inside(_PRODUCT), *(code.inside(_POWER) for code in others)])
        return Code(text, _PRODUCT, any(code.full for code in codes))

    def _print_HadamardPower(self, e: Any) -> Code:
        return Code(f"{self.full(e.base).inside(_ATOM)}**{self.code(e.exp).inside(_ATOM)}", _POWER)

    def _print_MatPow(self, e: Any) -> Code:
        return self.call("linalg.matrix_power", self.full(e.base).text, self.code(e.exp).text)

    def _print_Inverse(self, e: Any) -> Code:
        return self.call("linalg.inv", self.full(e.arg).text)

    def _print_KroneckerProduct(self, e: Any) -> Code:
        first, *others = (self.full(arg) for arg in e.args)
        code = first
        for other in others:
            code = self.call("kron", code.text, other.text)
        return code

    def _print_BlockMatrix(self, e: Any) -> Code:
        rows = [
            ", ".join(self.full(e.blocks[i, j]).text for j in range(e.blockshape[1])) for i in range(e.blockshape[0])
        ]
        return self.call("block", "[" + ", ".join(f"[{row}]" for row in rows) + "]")

    def _print_MatrixBase(self, e: Any) -> Code:
        rows = [", ".join(self.code(e[i, j]).text for j in range(e.shape[1])) for i in range(e.shape[0])]
        return self.call("array", "[" + ", ".join(f"[{row}]" for row in rows) + "]")

    def _print_MatrixSlice(self, e: Any) -> Code:
        slices = [
            ":".join(self.code(n).text for n in (limits[:2] if limits[2] == 1 else limits))
            for limits in (e.rowslice, e.colslice)
        ]
        return Code(f"{self.full(e.parent).inside(_ATOM)}[{', '.join(slices)}]")

    def _print_Softmax(self, e: Any) -> Code:
        return self.call("softmax", self.full(e.args[0]).text)

    def _print_LogSumExp(self, e: Any) -> Code:
        return self.call("logsumexp", self.full(e.args[0]).text)

    def _print_OneHot(self, e: Any) -> Code:
        return self._one_hot("one_hot", e)

    def _one_hot(self, call: str, e: Any) -> Code:
        labels = self.names[e.y] if isinstance(e.y, IndexedBase) else self._known_labels(e.y)
        return self.call(call, labels, self.size(e.shape[0]).text)

    def _known_labels(self, y: Any) -> str:
        array = "tensor" if self.backend.name == "torch" else "array"
        return f"{self.backend.module}.{array}({[int(label) for label in y]})"

    def _print_Named(self, e: Any) -> Code:
        return self._named(e, self.full(e.value))

    def _print_Padded(self, e: Any) -> Code:
        A, *widths = e.args
        above, left = (self.code(n).text for n in widths)
        return self.call("pad", self.full(A).text, above, left)

    def _print_Flip(self, e: Any) -> Code:
        return self.call("flip", self.full(e.args[0]).text)

    def _print_Convolution(self, e: Any) -> Code:
        """The correlation of the padded matrix with the taps in reverse order."""
        G, W = e.args
        rows, columns = W.shape
        return self.code(correlate(padded(G, rows - 1, columns - 1), flip(W)))

    def _print_Correlation(self, e: Any) -> Code:
        letters = [A if isinstance(A, MatrixSymbol) else self._letter(A) for A in e.args]
        return self._print_MatrixExpr(correlate(*letters))

    def _letter(self, A: Any) -> Any:
        """A matrix symbol that stands for an array under a name."""
        code = self._named(A, self.full(A))
        letter = MatrixSymbol(code.text, *A.shape)
        self.names[letter] = code.text
        return letter

    def _print_MatrixExpr(self, e: Any) -> Code:
        """A matrix that is known by its entries: their code, with an axis for the row and one for the column."""
        if type(e)._entry is MatrixExpr._entry:
            raise NoCode(f"no {self.backend.name} code for {e}, of type {type(e).__name__}")
        rows, columns = e.shape
        i, j = (Dummy(name, integer=True, nonnegative=True) for name in "ij")
        self.depth += 2
        with self.binding({i: Code(self._arange(rows, 1)), j: Code(self._arange(columns, 0))}):
            code = self.code(entry(e, i, j))
        self.depth -= 2
        return code._replace(full=False)

    def _print_Diag(self, e: Any) -> Code:
        (v,) = e.args
        return self.call("diag", f"{self.full(v).inside(_ATOM)}{'[:, 0]' if v.shape[1] == 1 else '[0]'}")

    def _print_Elementwise(self, e: Any) -> Code:
        (t,), body, A = e.function.signature, e.function.expr, e.args[1]
        if isinstance(A, Named) and isinstance(A.value, Softmax):
            A = A.value
        bound, logged = Dummy(t.name, real=True), Dummy(f"log_{t.name}", real=True)
        codes = {}
        if body.has(log(t)) and (logarithm := self._logarithm(A)) is not None:
            codes[logged], body = logarithm, body.replace(log(t), logged)
        if body.has(t) or not codes:
            codes[bound] = self.full(A)
            if body.count(t) > 1 and not codes[bound].text.isidentifier():
                codes[bound] = self._named(A, codes[bound])
        with self.binding(codes):
            code = self.code(body.xreplace({t: bound}))
        return code if body.has(t, logged) else Code(code.text, code.level, full=False)

    def _logarithm(self, A: Any) -> Code | None:
        """The logarithm of each entry where that of what A is made of says it better: large scores keep theirs.

        Softmax, also transposed or picked by one-hot columns, and sigmoids, also taken from 1.
        """
        if isinstance(A, Named):
            return self._logarithm(A.value)
        if isinstance(A, Softmax):
            return self.call("log_softmax", self.full(A.args[0]).text)
        if isinstance(A, Transpose):
            inner = self._logarithm(A.arg)
            return None if inner is None else Code(f"{inner.inside(_ATOM)}.T")
        if (S := picked_softmax(A)) is not None:
            ones, picked = A.args
            factors = [logarithms(B) if B is S else B for B in picked.args]
            return self.code(ones * HadamardProduct(*factors))
        if is_sigmoid(A) or is_sigmoid(ones_minus(A)):
            sign = -1 if is_sigmoid(A) else 1
            t = Dummy("t", real=True)
            inside = A if sign < 0 else ones_minus(A)
            return self.code(Elementwise(Lambda((t,), -log(1 + exp(sign * t))), inside.args[1]))
        return None

    def _named(self, A: Any, code: Code) -> Code:
        """The code under a name of its own line, where it would be computed twice."""
        name = self.name(identifier(A.name) if isinstance(A, (Named, NamedScalar)) else _stem(A))
        self.lines.append(f"{name} = {code.text}")
        return Code(name)

    # -- derivatives, where the library of arrays has them

    def _print_Gradient(self, e: Any) -> Code:
        return self._derivative("gradient", e.f, e.M)

    def _print_EntryGradient(self, e: Any) -> Code:
        i, j = (self.code(index).text for index in e.args[2:])
        held = e.free_symbols & self.bound.keys()
        if not held:
            return Code(f"{self._derivative('gradient', e.f, e.M).text}[{i}, {j}]")
        if any(index.free_symbols & held for index in e.args[2:]) or not all(index.is_integer for index in held):
            raise NoCode(f"no code for the entry of a derivative that a sum or an entrywise function picks: {e}")
        return Code(f"{self._derivative('jacobians', e.f, e.M).text}[..., {i}, {j}]")

    def _print_Derivative(self, e: Any) -> Code:
        if len(e.variable_count) != 1 or e.variable_count[0][1] != 1:
            raise NoCode(f"no code for the repeated derivative {e}")
        x = e.variables[0]
        if isinstance(x, Symbol):
            return self._derivative("gradient", e.expr, x)
        i, j = (self.code(index).text for index in x.args[1:])
        return Code(f"{self._derivative('gradient', e.expr, x.args[0]).text}[{i}, {j}]")

    def _print_VectorJacobianProduct(self, e: Any) -> Code:
        G, F, M = e.args
        return self._derivative("vjp", F, M, upstream=self.full(G).text)

    def _print_Jacobian(self, e: Any) -> Code:
        return self._derivative("jacobian", *e.args)

    def _derivative(self, kind: str, f: Any, M: Any, **others: str) -> Code:
        if kind not in self.backend.derivatives:
            raise NoCode(
                f"{self.backend.name} has no derivatives: take the proved right-hand side instead of {f} by {M}"
            )
        if kind != "jacobians" and f.free_symbols & self.bound.keys():
            raise NoCode(f"no code for a derivative inside a sum or an entrywise function: {f} by {M}")
        variable = self.names[M]
        outside, self.lines, scope = self.lines, [], self.scope
        self.differentiations += 1
        self.scope = (*scope, (M, self.differentiations))
        value = self.full(f).text if is_matrix(f) else self.code(f).text
        inside, self.lines, self.scope = self.lines, outside, scope
        if inside:
            function = self.name("value")
            self.lines += [f"def {function}({variable}):", *(f"    {line}" for line in [*inside, f"return {value}"])]
        else:
            function = f"lambda {variable}: {value}"
        return Code(self.backend.derivatives[kind].format(f=function, x=variable, **others))

    # -- scalars

    def _print_Symbol(self, e: Any) -> Code:
        return Code(self._size_name(e) if e in self.sizes else self.names[e])

    def _print_Integer(self, e: Any) -> Code:
        return Code(str(e), _ATOM if e >= 0 else _PRODUCT)

    def _print_Rational(self, e: Any) -> Code:
        return Code(f"{e.p} / {e.q}", _PRODUCT)

    def _print_Float(self, e: Any) -> Code:
        return Code(repr(float(e)), _ATOM if e >= 0 else _PRODUCT)

    def _print_NumberSymbol(self, e: Any) -> Code:
        constant = {"Pi": "pi", "Exp1": "e"}.get(type(e).__name__)
        return Code(f"{self.backend.module}.{constant}" if constant else repr(float(e)))

    def _print_Infinity(self, e: Any) -> Code:
        return Code(f"{self.backend.module}.inf")

    def _print_NegativeInfinity(self, e: Any) -> Code:
        return Code(f"-{self.backend.module}.inf", _PRODUCT)

    def _print_Add(self, e: Any) -> Code:
        return self._sum(e.as_ordered_terms())

    def _print_Mul(self, e: Any) -> Code:
        if (stable := self._stable_product(e)) is not None:
            return stable
        minus = is_negative(e)
        above, below = fraction(-e if minus else e)
        front = [self.code(part) for part in above] or [Code("1")]
        text = " * ".join([front[0].inside(_PRODUCT), *(code.inside(_POWER) for code in front[1:])])
        text += "".join(f" / {self.code(part).inside(_POWER)}" for part in below)
        return Code(f"-{text}" if minus else text, _PRODUCT)

    def _print_Pow(self, e: Any) -> Code:
        base, power = e.args
        if isinstance(base, (Add, Sum)) and self._is_sum_of_exponentials(base) and is_negative(power):
            return self._exp_of([(power, base)])
        if power == S.Half:
            if self.backend.name in ("numpy", "torch") and self._is_number(base):
                return Code(f"{self.code(base).inside(_ATOM)}**0.5", _POWER)
            return self.call("sqrt", self._array(base))
        if is_negative(power):
            return Code(f"1 / {self.code(base**-power).inside(_POWER)}", _PRODUCT)
        return Code(f"{self.code(base).inside(_ATOM)}**{self.code(power).inside(_ATOM)}", _POWER)

    def _print_exp(self, e: Any) -> Code:
        return self._called("exp", e.args[0])

    def _print_log(self, e: Any) -> Code:
        return self._log(e.args[0])

    def _print_sigmoid(self, e: Any) -> Code:
        return self.call("sigmoid", self._array(e.args[0]))

    def _print_Activation(self, e: Any) -> Code:
        name = type(e).__name__
        x = self.code(e.args[0]).text
        if name.endswith("'") and self.backend.derivatives:
            function = self.names[name.rstrip("'")]
            for _ in range(len(name) - len(name.rstrip("'")) - 1):
                function = f"lambda t: {self.backend.derivatives['slope'].format(f=function, x='t')}"
            return Code(self.backend.derivatives["slope"].format(f=function, x=x))
        return Code(f"{self.names[name]}({x})")

    def _print_Function(self, e: Any) -> Code:
        name = FUNCTIONS.get(type(e).__name__)
        if name is None:
            raise NoCode(f"no {self.backend.name} code for {e}, of type {type(e).__name__}")
        return self._called(name, *e.args)

    def _called(self, function: str, *arguments: Any) -> Code:
        """A function of arrays; of a plain number it stays one, lest NumPy widen float32 arrays that it meets."""
        code = self.call(function, *map(self._array, arguments))
        is_plain = self.backend.name == "numpy" and all(map(self._is_number, arguments))
        return Code(f"float({code.text})") if is_plain else code

    def _array(self, e: Any) -> str:
        """The argument of a function of arrays: PyTorch takes no plain number there.

        A number becomes a float64 tensor without axes, which keeps its digits and does not widen an array it meets.
        """
        code = self.code(e).text
        if self.backend.name != "torch" or not self._is_number(e):
            return code
        return f"torch.as_tensor({code}, dtype=torch.float64)"

    def _is_number(self, e: Any) -> bool:
        """Whether it is made of plain numbers and sizes alone."""
        return not e.has(MatrixExpr, Activation, Indexed, Scalar) and e.free_symbols.isdisjoint(self.bound)

    def _print_erf(self, e: Any) -> Code:
        return self.call("erf", self._array(e.args[0]))

    def _print_Heaviside(self, e: Any) -> Code:
        return self.call("heaviside", self._array(e.args[0]))

    def _print_Max(self, e: Any) -> Code:
        return self._folded("maximum", e.args)

    def _print_Min(self, e: Any) -> Code:
        return self._folded("minimum", e.args)

    def _folded(self, function: str, arguments: Sequence[Any]) -> Code:
        first, *others = map(self._array, arguments)
        code = Code(first)
        for other in others:
            code = self.call(function, code.text, other)
        return code

    def _print_Piecewise(self, e: Any) -> Code:
        *cases, (value, condition) = e.args
        last = self.code(value) if condition == True else self._case(value, condition, Code("nan"))  # noqa: E712 - a SymPy truth
        for value, condition in reversed(cases):
            last = self._case(value, condition, last)
        return last

    def _case(self, value: Any, condition: Any, otherwise: Code) -> Code:
        rest = f"{self.backend.module}.nan" if otherwise.text == "nan" else otherwise.text
        is_plain = self.backend.name == "torch" and self._is_number(condition)
        holds = self.code(condition).text
        return self.call("where", self._as_array(holds) if is_plain else holds, self.code(value).text, rest)

    def _print_Relational(self, e: Relational) -> Code:
        return Code(f"{self.code(e.lhs).inside(_SUM)} {e.rel_op} {self.code(e.rhs).inside(_SUM)}", 0)

    def _print_And(self, e: Any) -> Code:
        return Code(" & ".join(self.code(arg).inside(_ATOM) for arg in e.args), 0)

    def _print_Or(self, e: Any) -> Code:
        return Code(" | ".join(self.code(arg).inside(_ATOM) for arg in e.args), 0)

    def _print_Not(self, e: Any) -> Code:
        return Code(f"~{self.code(e.args[0]).inside(_ATOM)}", _PRODUCT)

    def _print_Trace(self, e: Any) -> Code:
        return self.call("trace", self.full(e.arg).text)

    def _print_Inner(self, e: Any) -> Code:
        A, B = e.args
        if isinstance(A, OneMatrix) or isinstance(B, OneMatrix):
            return self.call("sum", self.full(B if isinstance(A, OneMatrix) else A).text)
        for picked, M in ((A, B), (B, A)):
            if isinstance(picked, OneHot) and isinstance(picked.y, IndexedBase):
                columns = self._arange(picked.shape[1], 0)
                return self.call("sum", f"{self.full(M).inside(_ATOM)}[{self.names[picked.y]}, {columns}]")
        if A == B:
            return self.call("sum", f"{self.full(A).inside(_ATOM)}**2")
        left = self.full(A) if not self.code(B).full else self.code(A)
        return self.call("sum", f"{left.inside(_PRODUCT)} * {self.code(B).inside(_POWER)}")

    def _print_NamedScalar(self, e: Any) -> Code:
        code = self.code(e.value)
        return self._named(e, code) if self._is_shared(e) else code

    def _print_Scalar(self, e: Any) -> Code:
        if type(e).entries is Scalar.entries:
            raise NoCode(f"no {self.backend.name} code for {e}, of type {type(e).__name__}")
        return self.code(e.entries())

    def _print_KnownLabel(self, e: Any) -> Code:
        return Code(f"{self._known_labels(e.y)}[{self.code(e.args[1]).text}]")

    def _print_LossValue(self, e: Any) -> Code:
        return Code(f"{self.names[e.name]}({self.full(e.S).text})")

    def _print_LossGradient(self, e: Any) -> Code:
        at = self.full(e.S).text
        if self.backend.derivatives:
            return Code(self.backend.derivatives["gradient"].format(f=self.names[e.name], x=at))
        return Code(f"{self.names[f'grad_{e.name}']}({at})")

    def _print_LossGradientEntry(self, e: Any) -> Code:
        i, j = (self.code(index).text for index in e.args[2:])
        return Code(f"{self._print_LossGradient(e).text}[{i}, {j}]")

    # -- entries and sums over them

    def _print_MatrixElement(self, e: Any) -> Code:
        A, i, j = e.args
        return Code(f"{self.full(A).inside(_ATOM)}[{self.code(i).text}, {self.code(j).text}]")

    def _print_Indexed(self, e: Any) -> Code:
        return Code(f"{self.names[e.base]}[{', '.join(self.code(i).text for i in e.indices)}]")

    def _print_KroneckerDelta(self, e: Any) -> Code:
        i, j = (self.code(index).text for index in e.args[:2])
        if self.backend.name == "torch":
            return Code(f"({self._as_array(i)} == {j}).to(dtype)")
        return self.call("where", f"{i} == {j}", "1.0", "0.0")

    def _as_array(self, i: str) -> str:
        return f"torch.as_tensor({i})" if self.backend.name == "torch" else i

    def _print_Sum(self, e: Any) -> Code:
        body, *limits = e.args
        counted, summed = split_limits(body, limits)
        code = self._summed("sum", body, summed)
        for _, low, high in counted:
            code = Code(f"{self.code(high - low + 1).inside(_POWER)} * {code.inside(_POWER)}", _PRODUCT)
        return code

    def _summed(self, function: str, body: Any, limits: Sequence[Any]) -> Code:
        """A sum over the first axes of an array, one axis an index; indices of sums around it are the axes behind."""
        if not limits:
            return self.code(body)
        held = {*self.bound, *(index for index, *_ in limits)}
        if any(n.free_symbols & held for _, low, high in limits for n in (low, high)):
            raise NoCode(f"no code for a sum whose limits depend on another index: {limits}")
        indices = {
            index: Code(self._arange(high + 1, self.depth + place, low))
            for place, (index, low, high) in enumerate(reversed(limits))
        }
        self.depth += len(limits)
        with self.binding(indices):
            inside = self.code(body).text
        self.depth -= len(limits)
        if function == "logsumexp":
            return Code(f"{self.call('logsumexp', inside).text}[0]")
        if self.depth == 0:
            return self.call("sum", inside)
        axes = "0" if len(limits) == 1 else str(tuple(range(len(limits))))
        return self.call("sum_along", inside, str(axes))

    def _arange(self, stop: Any, depth: int, start: Any = S.Zero) -> str:
        """The values of an index along an axis of its own, under a name."""
        key = ("arange", start, stop, depth)
        if key not in self.names:
            limits = [self.code(n).text for n in ((stop,) if start == 0 else (start, stop))]
            line = f"{self.backend.module}.arange({', '.join(limits)})"
            line += f"[:{', None' * depth}]" if depth else ""
            self.names[key] = self.name("nrijk"[depth] if depth < 5 else "i")
            self.aranges.append(f"{self.names[key]} = {line}")
        return self.names[key]

    # -- exponentials, without overflow

    def _is_sum_of_exponentials(self, e: Any) -> bool:
        if isinstance(e, Sum):
            return len(e.limits) == 1 and isinstance(e.function, exp) and e.function.has(e.limits[0][0])
        if isinstance(e, Add):
            return any(isinstance(arg, exp) for arg in e.args) and all(
                arg == 1 or isinstance(arg, exp) for arg in e.args
            )
        return isinstance(e, exp)

    def _log_of_exponentials(self, e: Any) -> Code:
        if isinstance(e, exp):
            return self.code(e.args[0])
        if isinstance(e, Sum):
            return self._summed("logsumexp", e.function.args[0], e.limits)
        if e.args[0] == 1 and len(e.args) == 2:
            return self.call("softplus", self._array(e.args[1].args[0]))
        return self._folded("logaddexp", [S.Zero if arg == 1 else arg.args[0] for arg in e.args])

    def _exp_of(self, factors: Sequence[tuple[Any, Any]]) -> Code:
        """exp of the sum of power * log(base)."""
        return self.call("exp", self._log_sum(factors).text)

    def _log_sum(self, factors: Sequence[tuple[Any, Any]]) -> Code:
        text = ""
        for power, base in sorted(factors, key=lambda item: is_negative(item[0])):
            minus = is_negative(power)
            size = -power if minus else power
            code = self._log(base)
            if size != 1:
                code = Code(f"{self.code(size).inside(_PRODUCT)} * {code.inside(_POWER)}", _PRODUCT)
            if not text:
                text = f"-{code.inside(_PRODUCT)}" if minus else code.inside(_SUM)
            else:
                text += f" - {code.inside(_PRODUCT)}" if minus else f" + {code.inside(_SUM)}"
        return Code(text, _SUM)

    def _stable_product(self, e: Any) -> Code | None:
        """exp(a) / sum of exp(b) as exp(a - logsumexp(b)); None where there is nothing of the kind."""
        factors = [(arg.exp, arg.base) if isinstance(arg, Pow) else (S.One, arg) for arg in e.args]
        sums = [
            f
            for f in factors
            if isinstance(f[1], (Add, Sum)) and self._is_sum_of_exponentials(f[1]) and is_negative(f[0])
        ]
        if not sums:
            return None
        combined = [f for f in factors if f in sums or isinstance(f[1], exp)]
        rest = Mul(*(base**power for power, base in factors if (power, base) not in combined))
        return self._scaled(rest, self._exp_of(combined))

    def _log(self, e: Any) -> Code:
        """log(e), by parts where e is made of exponentials."""
        if self._is_sum_of_exponentials(e):
            return self._log_of_exponentials(e)
        if isinstance(e, sigmoid):
            return self._log_sigmoid(e.args[0])
        if isinstance(e, cosh):
            both = self._folded("logaddexp", [e.args[0], -e.args[0]])
            return Code(f"{both.text} - {self._called('log', S(2)).text}", _SUM)
        if (exponents := exponents_of_a_sum(e)) is not None:
            return Code(f"{self.call('logsumexp', self.full(exponents).text).text}[0, 0]")
        if isinstance(e, Add) and len(e.args) == 2 and e.args[0] == 1 and isinstance(-e.args[1], sigmoid):
            return self._log_sigmoid(-(-e.args[1]).args[0])
        factors = [(f.exp, f.base) if isinstance(f, Pow) else (S.One, f) for f in Mul.make_args(e)]
        known = [f for f in factors if self._is_sum_of_exponentials(f[1])]
        if not known:
            return self._called("log", e)
        rest = Mul(*(base**power for power, base in factors if (power, base) not in known))
        return self._log_sum([*([] if rest == 1 else [(S.One, rest)]), *known])

    def _log_sigmoid(self, t: Any) -> Code:
        return Code(f"-{self.call('softplus', self._array(-t)).text}", _PRODUCT)


_STEMS = {"Softmax": "P", "LogSumExp": "lse", "OneHot": "Y", "Inner": "total", "Sum": "total", "Pow": "root"}


def _stem(e: Any) -> str:
    """What a thing that is computed once is called."""
    return _STEMS.get(type(e).__name__, "A" if is_matrix(e) else "part")


def _mentions(lines: Sequence[str], pattern: str) -> bool:
    return any(re.search(rf"\b{pattern}", line) for line in lines)
