"""Random expressions and templates over the variables of make_chat_template_cases.py, as sources."""
import random
TEXTS = ["'Hello World'", "''", "'a-b c'", "' x\\ty\\n'", "'<b>&\"x\\'</b>'", "'<i>a</i> &amp; b'|safe", "'<'|e", "s", "words", "'ÄÖ ß ﬁ'", "'ab,cd;ef'", "'12'", "'-3.5e2'", "'aXbXc'", "'line1\\nline2\\r\\n\\nline4'", "'well-known co-op foo--bar x'", "messages[1].content", "'%s-%d'", "'{}:{a}'", "'日本語'", "'I\\u0307'"]
NUMS = ["0", "1", "-3", "7", "2.5", "-0.0", "1e16", "true", "n", "m", "x", "100", "0.1", "12345"]
SEQS = ["[]", "l", "[1, 'a', none]", "names", "(1, 2, 3)", "range(4)", "people", "[3.5, 1, 2]", "['b', 'A', 'c']", "[[1, 2], [3]]", "d.items()", "d.keys()", "d.values()", "[true, false]", "['<'|e, '<']", "people|map(attribute='age')", "tree"]
DICTS = ["d", "{}", "{'a': 1, 'b': [1, 2]}", "{1: 'x', none: 2}", "people[0]", "{'k': '<v>', 'n': none}", "dict(z=1)"]
OTHERS = ["none", "undefined1", "true", "d.zzz", "namespace(a=1).a"]
ARGS_T = ["' '", "'a'", "','", "'-'", "'x'", "'<'", "''", "none"]
ARGS_N = ["0", "1", "2", "5", "-1", "3"]
METHODS = {"split": ["", "' '", "','", "none, 1", "'a', 1"], "rsplit": ["", "',', 1", "none, 1"], "strip": ["", "'a<'", "none"], "lstrip": ["", "' x'"], "rstrip": ["", "'>'"],
 "replace": ["'a', 'b'", "'l', '<', 1", "'', '-'", "'<', 'x', 2"], "upper": [""], "lower": [""], "title": [""], "capitalize": [""], "swapcase": [""], "casefold": [""], "startswith": ["'H'", "('a', '<')", "'e', 1"], "endswith": ["'d'", "'b', 0, 3"],
 "find": ["'o'", "'o', 5", "'l', 0, 3"], "rfind": ["'o'", "'o', 0, 5", "'X', 2"], "index": ["'a'"], "rindex": ["'a'", "'o', 2, 9"], "count": ["'l'", "''", "'l', 3", "'', 2", "'X', 0, 3"], "join": ["['a', 'b']", "names", "('<', '&')", "[1]", "'xy'"], "center": ["9", "12, '*'"], "ljust": ["9", "3, '.'"], "rjust": ["14, '0'"], "zfill": ["6", "0"],
 "splitlines": ["", "true"], "partition": ["'-'", "'b'", "' '"], "rpartition": ["'-'", "','"], "removeprefix": ["'He'", "'<'"], "removesuffix": ["'ld'"], "expandtabs": ["", "4"], "format": ["1, a='<'", "n, a=2", "s|safe, a=[1]"], "format_map": ["{'a': 1}", "d"], "isalpha": [""], "isdigit": [""], "isspace": [""], "isupper": [""], "islower": [""], "istitle": [""], "isalnum": [""], "isnumeric": [""], "isdecimal": [""], "isascii": [""], "isidentifier": [""], "isprintable": [""]}
FILTERS_T = ["upper", "lower", "title", "capitalize", "trim", "trim('aH<')", "replace('a', '<')", "replace('l', 'L', 1)", "length", "list", "first", "last", "reverse", "wordcount", "indent", "indent(2, true)", "indent('> ', blank=true)", "truncate(8)", "truncate(8, true, '<>')", "truncate(9, end='', leeway=0)", "center(15)", "e", "escape", "safe", "forceescape", "string", "striptags", "urlencode", "tojson", "tojson(ensure_ascii=true)", "int", "int(-1)", "int(base=16)", "float", "float(1.5)", "join('|')", "wordwrap(5)", "wordwrap(7, false)", "wordwrap(9, wrapstring='+')", "wordwrap(6, true, '|', false)", "format(1, 2)", "default('z', true)", "sort|join", "unique|join", "batch(3)|list", "count", "abs", "round", "items|list", "min", "max", "filesizeformat", "d", "select|list", "map('upper')|join", "attr('upper')"]
FILTERS_S = ["length", "list", "first", "last", "reverse|list", "sort", "sort(reverse=true)", "sort(case_sensitive=true)", "sort(attribute='age')", "unique|list", "min", "max", "sum", "sum(attribute='age')", "sum(start=5)", "join", "join(', ')", "join('<', attribute='name')", "batch(2)|list", "batch(2, 'f')|list", "slice(2)|list", "slice(3, 0)|list", "map('string')|list", "map(attribute='name')|list", "map(attribute='x', default=0)|list", "map('upper')|list", "map('default', 'z')|list", "map('e')|list", "map('int')|list", "select|list", "select('odd')|list", "select('gt', 1)|list", "reject('none')|list", "select('string')|list", "selectattr('age')|list", "selectattr('age', '>', 1)|map(attribute='name')|list", "rejectattr('ok', 'defined')|list", "groupby('age')|list", "groupby('name', default='q')|map('first')|list", "groupby('name', case_sensitive=true)|map(attribute='grouper')|list", "tojson", "tojson(indent=2)", "tojson(separators=(';', '='))", "string", "string|length", "default(1)", "dictsort", "urlencode", "upper", "trim", "replace('1', '2')", "e", "safe", "int", "float", "abs", "round", "indent", "wordcount", "items|list", "tojson(sort_keys=true)"]
FILTERS_D = ["length", "list", "first", "last", "dictsort", "dictsort(reverse=true)", "dictsort(by='value')", "items|list", "tojson", "tojson(indent=1)", "tojson(sort_keys=true)", "xmlattr", "xmlattr(false)", "urlencode", "string", "join(',')", "sort", "map('string')|list", "min", "max", "unique|list", "reverse|list", "e", "default(2)", "sum", "select('string')|list", "batch(2)|list"]
FILTERS_N = ["abs", "round", "round(1)", "round(1, 'floor')", "round(0, 'ceil')", "round(-1)", "int", "float", "string", "filesizeformat", "filesizeformat(true)", "tojson", "e", "safe", "upper", "default(3, true)", "list", "length", "center(6)", "replace('1', 'x')", "urlencode", "trim", "format", "indent", "join"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "callable", "true", "false", "odd", "even", "divisibleby(3)", "lower", "upper", "eq(1)", "ne('a')", "lt(5)", "ge(2)", "in([1, 'a'])", "in('abc')", "sameas(none)", "escaped", "filter", "test", "== 2"]
BIN = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"]
SL = ["[0]", "[-1]", "[1:]", "[:2]", "[::-1]", "[1:3]", "[::2]", "[-2:]", "[5]", "['a']", "[:-1]", "[none:2]", "[true]"]

def expression(r, depth=0):
    kind = r.choice("TTTSSDNO")
    base = {"T": TEXTS, "S": SEQS, "D": DICTS, "N": NUMS, "O": OTHERS}[kind]
    value = r.choice(base)
    for _ in range(r.choice([0, 1, 1, 2, 2, 3])):
        step = r.random()
        if step < 0.5:
            pool = {"T": FILTERS_T, "S": FILTERS_S, "D": FILTERS_D, "N": FILTERS_N, "O": FILTERS_T + FILTERS_S}[kind]
            value = f"{value}|{r.choice(pool)}"
        elif step < 0.65 and kind == "T":
            m = r.choice(list(METHODS))
            value = f"({value}).{m}({r.choice(METHODS[m])})"
        elif step < 0.78:
            value = f"({value}){r.choice(SL)}"
        elif step < 0.88 and depth < 2:
            other = expression(r, depth + 1)
            value = f"({value} {r.choice(BIN)} {other})" if r.random() < .5 else f"({other} {r.choice(BIN)} {value})"
        elif step < 0.94:
            value = f"({value} is {r.choice(['', '', 'not '])}{r.choice(TESTS)})"
        else:
            value = f"[{value}, {r.choice(base)}]"
            kind = "S"
    return value

TEXT_PIECES = ["a", " ", "\n", "  \n", "\t", "x y", "\n\n  ", "é", " b\n", "{ }", "%", "}}", "\r\n"]

def tag(r, inside):
    return "{%" + r.choice(["", "", "-", "+"]) + r.choice([" ", "", "\n"]) + inside + r.choice([" ", ""]) + r.choice(["", "", "-", "+"]) + "%}"

def statements(r, depth=0, loop=False):
    out = []
    for _ in range(r.randint(1, 4)):
        kind = r.randint(0, 15)
        def body(in_loop=loop): return statements(r, depth + 1, in_loop)
        if kind < 4 or depth > 2:
            out.append("".join(r.choice(TEXT_PIECES) for _ in range(r.randint(1, 3))))
        elif kind < 6:
            value = r.choice(["n", "s", "v", "w", "loop.index" if loop else "n", "loop.last" if loop else "t", "loop.cycle('p', 'q')" if loop else "l", "ns.k", "none", "' z '", "'<'|e + '>'", "undefined1"])
            out.append("{{" + r.choice(["", "-", ""]) + " " + value + " " + r.choice(["", "-", ""]) + "}}")
        elif kind == 6:
            out.append(tag(r, r.choice(["if n > 3", "if false", "if l", "if loop is defined and loop.first", "if undefined1"])) + body() + (tag(r, "elif t") + body() if r.random() < .3 else "") + (tag(r, "else") + body() if r.random() < .5 else "") + tag(r, "endif"))
        elif kind in (7, 8):
            head = r.choice(["for v in l", "for v in l if v > 1", "for v in []", "for v, w in d.items()", "for v in range(3)", "for v in 'ab'", "for v in messages", "for v in names|sort"])
            inner = body(True)
            if r.random() < .3: inner += tag(r, "if loop.index == 2") + tag(r, r.choice(["break", "continue"])) + tag(r, "endif") + body(True)
            out.append(tag(r, head) + inner + (tag(r, "else") + body() if r.random() < .3 else "") + tag(r, "endfor"))
        elif kind == 9:
            out.append(tag(r, "set " + r.choice(["v = n + 1", "w = [1, 2]", "v = 'q'", "ns.k = n * 2", "v, w = 1, 'r'"])))
        elif kind == 10:
            out.append(tag(r, "set v") + body() + tag(r, "endset"))
        elif kind == 11:
            out.append("{#" + r.choice(["", "-", "+"]) + " c {{ x }} " + r.choice(["", "\n", "-", "+"]) + "#}")
        elif kind == 12:
            out.append(tag(r, "raw").replace("%+}", "%}").replace("+%}", "%}") + r.choice(["{{ x }}", " \n{% y", "  "]) + tag(r, "endraw"))
        elif kind == 13:
            out.append(tag(r, "macro f(v, w='d')") + body(False) + tag(r, "endmacro") + r.choice(["{{ f(1) }}", "{{- f('a', w=2) }}", "{{ f()|upper }}"]))
        elif kind == 14:
            out.append(tag(r, r.choice(["filter upper", "filter trim|replace('a', 'b')", "filter indent(2)"])) + body() + tag(r, "endfilter"))
        else:
            out.append(r.choice([tag(r, "generation") + body() + tag(r, "endgeneration"), tag(r, "with v = 3, w = v") + body() + tag(r, "endwith"), tag(r, "macro g()") + "[{{ caller() }}]" + tag(r, "endmacro") + tag(r, "call g()") + body(False) + tag(r, "endcall")]))
    return "".join(out)

def template(r):
    return "{% set ns = namespace(k=1) %}" + statements(r)
