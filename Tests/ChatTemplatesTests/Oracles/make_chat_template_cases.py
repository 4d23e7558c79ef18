"""What jinja2 makes of templates that use one construct each: chat-template-cases.json.

Usage: python3 make_chat_template_cases.py [SEED COUNT]   (jinja2 3.1.6, markupsafe 3.0; writes beside itself)

The environment is the one that transformers compiles chat templates in. All templates are written for this project,
those of random_templates.py by chance; SEED and COUNT ask for others of these than the ones that are kept.
"""
import copy
import datetime
import json
import random
import sys
import warnings
from pathlib import Path

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

import random_templates

NOW = datetime.datetime(2025, 3, 4, 9, 6, 53)


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_say"), [], [], body).set_lineno(line)

    def _say(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment(optimized=True):
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols], optimized=optimized)
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda f: NOW.strftime(f)
    return env


MESSAGES = [
    {"role": "system", "content": "  Be brief.\n"},
    {"role": "user", "content": "Hello, Wörld! ß ﬁ İ ΑΣ"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "abc123456", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": [1.5, None, True, "x\"y\\z\n\u00e9\u2028\u0001/"], "c": {}}}}]},
    {"role": "tool", "content": [{"type": "text", "text": "part one"}, {"type": "image"}, {"type": "text", "text": "part two"}]},
    {"role": "assistant", "content": "<think>\nwhy\n</think>\n\nBecause. 👩‍👩‍👧 e\u0301"},
]
VARS = {
    "n": 7, "m": -3, "x": 2.5, "big": 1e16, "small": 1e-5, "t": True, "s": "a,b,,c", "words": " one  two\tthree\n",
    "l": [3, 1, 2], "d": {"b": 2, "a": 1, "C": 3, "items": "key"}, "names": ["bob", "Alice", "carol", "Bob"],
    "people": [{"name": "x", "age": 3, "tags": ["p", "q"]}, {"name": "y", "age": 1}, {"name": "X", "age": 2, "ok": True}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}],
}

T = []
def e(*expressions):
    T.extend("{{ " + x + " }}" for x in expressions)
def t(*templates):
    T.extend(templates)

# Numbers and operators.
e("n // m", "n % m", "m // n", "m % n", "-n // 2", "-n % 3", "n / 2", "6 / 3", "2 ** 10", "2 ** -1", "2 ** 0.5", "-2 ** 2", "2 ** 3 ** 2",
  "7.5 // 2", "-7.5 // 2", "7.5 % 2", "-7.5 % 2", "7 // 0.5", "n + x", "n * x", "n - t", "t + t", "1e16", "1e15", "123456789012345680.0", "1e22", "1.5e300",
  "big", "small", "0.0001", "0.1 + 0.2", "1/3", "100.0", "-0.0", "1e-7", "3.0 * 2", "1_000", "0x1F", "0b101", "0o17", "1_0.5", "n // 0", "n % 0", "n / 0", "1.0 // 0",
  "'a' + 1", "1 + 'a'", "'ab' * 3", "3 * 'ab'", "'ab' * -1", "[1] * 2", "[1] + [2]", "(1,) + (2,)", "[1] + (2,)", "'%s-%d' % ('a', 3)", "'%s' % 'x'", "'%5.2f|%-5s|%05d|%x|%X|%o|%%|%e|%g' % (3.14159, 'ab', 42, 255, 255, 8, 12345.678, 0.0001)",
  "'%(a)s %(b)03d' % {'a': 'x', 'b': 5}", "'%s %s' % ('a',)", "'%s' % ('a', 'b')", "'%r' % 'it\\'s'", "'%c%c' % (65, 'b')", "'%+d % d' % (3, 4)", "'%*d' % (5, 42)", "'%.3s' % 'abcdef'", "'%d' % 3.7", "'%d' % 'x'", "'%s' % none", "'%s' % [1, 'a']",
  "1 < 2 < 3", "1 < 3 < 2", "3 > 2 >= 2 != 1", "1 == 1.0", "1 == true", "'1' == 1", "none == none", "[1, 2] == [1, 2]", "(1, 2) == [1, 2]", "{'a': 1} == {'a': 1.0}", "'a' < 'b'", "'Z' < 'a'", "[1, 2] < [1, 3]", "1 < 'a'", "none < 1", "undefined1 == undefined2", "undefined1 < 1",
  "'a' in 'abc'", "'' in 'abc'", "1 in [1, 2]", "'b' in d", "'z' not in d", "1 in 'abc'", "'x' in undefined1", "1 in 5", "none in [none]", "not 1 in [1]", "'a' in ('a', 'b')", "[1] in [[1]]", "[1] in d",
  "1 and 2", "0 or 'x'", "'' or none", "not ''", "not not 1", "1 if 0", "1 if 0 else 2 if 0 else 3", "('a' if t) ~ 'b'", "1 ~ 2.0 ~ none ~ true ~ [1]", "1 ~ 2 * 3", "'a' ~ 'b' + 'c'", "1 + 2 ~ 3", "undefined1 ~ 'x'", "undefined1 + 'x'", "undefined1.a", "undefined1['a']", "d.zzz", "d.zzz.y", "d['zzz']['y']", "none.x", "none.x.y", "'abc'.x", "n.x",
  "-x", "-t", "+t", "-'a'", "- n", "n|abs", "m|abs", "-3|abs", "(-3)|abs", "'a' 'b'", "'a\\tb\\x41\\u00e9\\101\\q\\\\'", '"a\\"b"', "'\\\nx'")
# str, repr, tojson.
e("[1, 2.0, 'a', none, true, [], {}, ()]", "(1,)", "(1, 2)", "()", "{'a': 'b', 1: none, 2.5: false}", "['it\\'s', 'say \"x\"', 'both \\' \"', 'tab\\t\\n\\\\', 'é\u200b\u00a0\x7f']", "d", "d.items()", "d.keys()", "d.values()", "d.items", "l|string", "none|string", "undefined1|string", "[undefined1]", "range(3)", "range(1, 7, 2)|list", "range(5, 0, -2)|list", "range(3)|string",
  "messages[2]|tojson", "messages|tojson(indent=2)", "messages[2].tool_calls[0].function.arguments|tojson", "messages[2].tool_calls[0].function.arguments|tojson(indent=4)", "d|tojson(sort_keys=true)", "d|tojson(separators=(',', ':'))", "'é'|tojson(ensure_ascii=true)", "'👩'|tojson(true)", "[]|tojson(indent=2)", "{}|tojson(indent=2)", "[1.0, 1e20, 1e-7, 100000]|tojson", "(1, 2)|tojson", "{1: 2, none: 3, true: 4}|tojson", "undefined1|tojson", "none|tojson", "range(2)|tojson", "'</script>&\\''|tojson", "'\x7f\x1f'|tojson", "[[1,[2]],{'a':{}}]|tojson(indent=1)", "'x'|tojson(indent=none)", "[1]|tojson(indent='--')", "[1]|tojson(indent=0)",
  "messages[2]", "messages[2].content", "messages[2]['tool_calls'][0]['function']", "messages[3].content", "messages|length", "t", "x", "big", "[big, small]")
# Attribute and item look-up.
e("d.items|string == d['items']", "d['items']", "d.get('a')", "d.get('z')", "d.get('z', 5)", "d.get('z', default=5)", "d.a", "d['a']", "l[0]", "l[-1]", "l[5]", "l['0']", "l.0", "'abc'[1]", "'abc'[-1]", "'abc'[9]", "'abc'[1:]", "'abcdef'[::-1]", "'abcdef'[4:1:-1]", "'abcdef'[::2]", "'abcdef'[-3:-1]", "'abcdef'[10:]", "'abcdef'[:-10]", "l[::-1]", "l[1:]", "l[:2]", "l[-2:]", "l[none:1]", "(1,2,3)[1:]", "range(10)[2:8:3]|list", "'abc'[::0]", "d[1:2]", "undefined1[1:]", "l['x']", "l[1.0]", "l[true]", "'e\u0301👩‍👩‍👧'[1]", "'e\u0301👩‍👩‍👧'|length", "l.append(4)", "d.update({'x': 1})", "d.pop('a')", "l.sort()", "l.index(1)", "l.count(1)", "l.index(99)", "d.keys()|list", "d.values()|list|sum", "d.items()|list", "d.keys()[0]", "d.copy()", "''.__class__", "l.__len__()", "d.__class__.__mro__")
# String methods.
e("s.split(',')", "s.split(',', 1)", "s.rsplit(',', 1)", "words.split()", "words.split(none, 1)", "words.rsplit(none, 1)", "words.split(maxsplit=1)", "words.strip()", "words.lstrip()", "words.rstrip()", "'xxaxx'.strip('x')", "'abcba'.lstrip('ab')", "'abcba'.rstrip('ab')", "s.replace(',', ';')", "s.replace(',', ';', 1)", "'abc'.replace('', '-')", "'abc'.replace('', '-', 2)", "s.startswith('a')", "s.startswith(('x', 'a'))", "s.endswith('c')", "s.endswith(('x', 'y'))", "'abcabc'.startswith('b', 1)", "'abc'.endswith('b', 0, 2)", "s.upper()", "messages[1].content.upper()", "messages[1].content.lower()", "messages[1].content.title()", "messages[1].content.capitalize()", "messages[1].content.swapcase()", "'hello wORLD it\\'s'.title()", "'hello wORLD it\\'s'|title", "'foo-bar (baz) [qux] {x} <y>'|title", "'ΑΣ ΣΑΣ Σ'.lower()", "'ßx'.capitalize()", "'ǆ'.title()",
  "s.find(',')", "s.find('z')", "s.rfind(',')", "s.index('b')", "s.index('z')", "s.count(',')", "'aaa'.count('aa')", "'abc'.count('')", "','.join(['a', 'b'])", "','.join('abc')", "','.join([1])", "'a b'.center(9, '*')", "'ab'.center(5)", "'abc'.center(6)", "'a'.ljust(3) ~ '|'", "'a'.rjust(3, '0')", "'42'.zfill(5)", "'-42'.zfill(5)", "'a\\nb\\r\\nc\\n'.splitlines()", "'a\\nb'.splitlines(true)", "'a=b=c'.partition('=')", "'a=b=c'.rpartition('=')", "'abc'.partition('x')", "'abc'.rpartition('x')", "'prefix-x'.removeprefix('prefix-')", "'x.txt'.removesuffix('.txt')", "'x'.removesuffix('')",
  "'{} {}'.format(1, 'a')", "'{0} {1} {0}'.format(1, 2)", "'{a} {b.x}'.format(a=1, b={'x': 2})", "'{0[a]}'.format(d)", "'{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd')", "'{:05d} {:+d} {:,} {:x} {:#x} {:b}'.format(42, 7, 1234567, 255, 255, 5)", "'{:.2f} {:8.3f}| {:e} {:%} {:g} {:.3}'.format(3.14159, 2.5, 12345.678, 0.256, 0.0001, 2.0)", "'{!r} {!s}'.format('a', 'b')", "'{{}} {}'.format(1)", "'{}'.format()", "'{'.format()", "'{:{}}|'.format('a', 4)", "'{} {1}'.format(1, 2)", "'{:d}'.format('a')", "'{:s}'.format(1)",
  "'abc'.isalpha()", "'ab1'.isalnum()", "'12'.isdigit()", "'²'.isdigit()", "'²'.isdecimal()", "'½'.isnumeric()", "' \\t'.isspace()", "''.isspace()", "'aB'.islower()", "'AB1'.isupper()", "'Ab Cd'.istitle()", "'é'.isascii()", "'a_1'.isidentifier()", "'1a'.isidentifier()", "'a'.nosuch()", "'A'.casefold()", "s.split('')", "'a\\u2028b\\x0bc\\x1cd'.splitlines()", "'\\u00a0x\\u3000'.strip() ~ '|'", "'\\u200bx'.strip()|length")
# Filters.
e("s|upper", "s|capitalize", "'  a '|trim ~ '|'", "'xxaxx'|trim('x')", "s|replace(',', ' ', 2)", "s|replace('a', 1)", "n|replace('7', '8')", "l|length", "d|length", "n|length", "s|count", "l|sort", "l|sort(reverse=true)", "names|sort", "names|sort(case_sensitive=true)", "names|sort(true)", "names|unique|list", "names|unique(case_sensitive=true)|list", "names|map('upper')|list", "names|map('replace', 'b', 'x')|join(', ')", "people|map(attribute='name')|list", "people|map(attribute='tags')|list", "people|map(attribute='tags', default='none')|list", "people|map(attribute='tags.0', default='-')|join('|')", "people|sort(attribute='age')|map(attribute='name')|join", "people|sort(attribute='name,age')|map(attribute='age')|join", "people|selectattr('ok')|list|length", "people|selectattr('age', 'gt', 1)|map(attribute='name')|list", "people|rejectattr('tags', 'defined')|map(attribute='name')|list", "people|selectattr('name', 'equalto', 'y')|first", "people|selectattr('name', 'in', ['x', 'X'])|list|length", "l|select('odd')|list", "l|reject('odd')|list", "l|select('>', 1)|list", "[0, 1, '', 'a', none]|select|list", "[0, 1, '', 'a', none]|reject|list", "l|select('divisibleby', 3)|list",
  "l|first", "l|last", "[]|first", "[]|last", "'abc'|first", "'abc'|last", "''|first", "l|select('odd')|first", "l|select('odd')|last", "l|select('odd')|length", "d|first", "l|join", "l|join(', ')", "people|join(', ', attribute='name')", "'abc'|join('-')", "[1, none, undefined1, 'a']|join(',')", "undefined1|join(',')", "undefined1|default('x')", "none|default('x')", "none|default('x', true)", "''|d('x', boolean=true)", "undefined1|default", "d.zzz|default('y')", "undefined1.x|default('y')", "d|items|list", "undefined1|items|list", "l|items|list", "d|dictsort", "d|dictsort(true)", "d|dictsort(by='value', reverse=true)", "d|dictsort(false, 'value')", "l|dictsort", "'abc'|list", "d|list", "undefined1|list", "n|list", "'abc'|reverse", "l|reverse|list", "d|reverse|list",
  "'42'|int", "'4.7'|int", "'x'|int", "'x'|int(5)", "'0x1f'|int(base=16)", "'ff'|int(0, 16)", "'0b11'|int(0, 2)", "4.9|int", "-4.9|int", "none|int", "'  7 '|int", "'1_000'|int", "'1e3'|int", "undefined1|int", "'inf'|int", "true|int", "'3.5'|float", "'x'|float", "'x'|float(1.5)", "3|float", "'1e3'|float", "none|float", "'.5'|float", "'5.'|float", "'nan'|float", "2.5|round", "3.5|round", "2.675|round(2)", "42.55|round(1, 'floor')", "42.51|round(1, 'ceil')", "2.4|round(method='ceil')", "7|round", "1234|round(-2)", "1250|round(-2)", "1350|round(-2)", "1234.5|round(-2)", "'a'|round", "l|sum", "people|sum(attribute='age')", "l|sum(start=10)", "[]|sum", "[[1],[2]]|sum(start=[])", "['a']|sum", "l|min", "l|max", "[]|min", "names|min", "names|max(case_sensitive=true)", "people|max(attribute='age')",
  "'a\\nb\\n\\nc'|indent", "'a\\nb\\n\\nc'|indent(2, true)", "'a\\nb\\n\\nc'|indent(2, blank=true)", "'a\\nb'|indent('> ')", "'a\\nb'|indent(width=1, first=true)", "''|indent", "n|indent", "'foo bar baz qux'|truncate(9)", "'foo bar baz qux'|truncate(9, true)", "'foo bar baz qux'|truncate(11, false, '...', 0)", "'foo bar'|truncate(5, end='')", "'foo'|center(9) ~ '|'", "'a b, c'|wordcount", "'it\\'s é_1'|wordcount", "'%s %s'|format(1, 2)", "'%(a)s'|format(a=1)", "[1,2,3,4,5]|batch(2)|list", "[1,2,3,4,5]|batch(2, 0)|list", "[1,2,3,4,5]|slice(2)|list", "[1,2,3,4,5]|slice(3, 'x')|list", "people|groupby('age')|length", "[{'k':'a','v':1},{'k':'B','v':2},{'k':'A','v':3}]|groupby('k')|list", "'<a href=\"x\">&</a>'|e", "'<a>'|safe", "'<p>x  <b>y</b></p>'|striptags", "'a b/c?é&'|urlencode", "1000|filesizeformat", "1|filesizeformat", "1234567|filesizeformat", "1234567|filesizeformat(true)", "d|attr('items')|string == 'x'", "d|attr('zzz')", "'a'|attr('upper')()", "n|string", "n|string|length", "l|map('string')|join", "l|map('nosuch')|list", "l|map|list", "l|nosuch", "l|tojson|length", "'x'|upper|lower|title", "s.split(',')|map('length')|list", "['a', 'b']|map('upper')|map('lower')|list|tojson", "[3,1]|sort|first", "['b', 1]|sort", "d|map('upper')|list", "[[1, 2], [3]]|map('length')|sum", "[[1, 2], [3]]|map('first')|list", "[[2, 'b'], [1, 'a']]|sort", "[[2, 'b'], [1, 'a']]|map(attribute=1)|list", "l|min ~ l|max", "n|trim", "none|upper", "true|lower", "l|upper", "undefined1|upper", "undefined1|trim", "undefined1|length", "undefined1|first", "undefined1|replace('a', 'b')")
# Tests.
for value in ["undefined1", "none", "true", "false", "0", "1", "2.0", "'a'", "''", "[]", "l", "d", "(1,)", "range(2)", "l|map('string')", "d.items()", "d.keys", "messages[2].content"]:
    for name in ["defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence", "iterable", "callable"]:
        e(f"{value} is {name}")
e("1 is odd", "2 is even", "4 is divisibleby 2", "4 is divisibleby(3)", "1 is not none", "not 1 is none", "1 is eq 1", "1 is equalto 1.0", "1 is ne 2", "1 is lt 2", "1 is lessthan(0)", "2 is ge 2", "2 is le(1)", "2 is greaterthan 1", "'a' is in 'abc'", "'a' is in ['a']", "'abc' is lower", "'ABC' is upper", "'aB' is upper", "1 is sameas 1", "none is sameas none", "true is sameas 1", "'upper' is filter", "'nosuch' is filter", "'odd' is test", "1 is nosuch", "x is defined and x is number", "undefined1 is defined or 1", "1 is string if t else 2", "d.a is defined", "d.zzz is defined", "d.zzz is not defined", "d['a'] is defined", "undefined1.x is defined", "'a' is odd", "1.0 is odd", "'x' is not string", "x is not undefined and true", "1 is == 1", "l is sequence and l is not string and l is not mapping", "(1 is odd) is true", "1 is odd is true")
# Blocks, scopes and white space.
t("{% for i in l %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
  "{% for i in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }};{% endfor %}",
  "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}",
  "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}", "{% for i in [] %}x{% else %}empty{% endfor %}", "{% for i in undefined1 %}x{% else %}empty{% endfor %}", "{% for i in none %}x{% endfor %}", "{% for i in 5 %}x{% endfor %}", "{% for c in 'ab' %}[{{ c }}]{% endfor %}",
  "{% for i in l if i > 1 %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}", "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in l %}{% for j in l %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
  "{% for n in tree recursive %}{{ n.v }}({{ loop.depth }}){{ loop(n.c) if n.c }}{% endfor %}", "{% for n in tree %}{{ loop(n.c) }}{% endfor %}", "{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}", "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
  "{% set y = 0 %}{% for i in l %}{{ y }}{% set y = i %}{{ y }}{% endfor %}{{ y }}", "{% set ns = namespace(y=0, z='a') %}{% for i in l %}{% set ns.y = ns.y + i %}{% endfor %}{{ ns.y }}{{ ns.z }}{{ ns.q is defined }}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a + ns.b }}", "{% set ns = namespace() %}{% set ns.x = [1] %}{% set ns.x = ns.x + [2] %}{{ ns.x }}{{ ns }}", "{% set q.x = 1 %}", "{% set d.x = 1 %}",
  "{% if true %}{% set w = 1 %}{% endif %}{{ w }}", "{% if false %}{% set n = 1 %}{% endif %}{{ n }}", "{% if n > 5 %}a{% elif n > 3 %}b{% else %}c{% endif %}", "{% if n < 5 %}a{% elif n > 3 %}b{% else %}c{% endif %}", "{% if undefined1 %}a{% else %}b{% endif %}", "{% if undefined1.x %}a{% endif %}", "{% if l %}{% if d %}x{% endif %}{% endif %}",
  "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set a %}x{{ n }}{% endset %}{{ a }}{{ a|length }}", "{% set a | upper | replace('X', 'y') %}x{{ n }}{% endset %}{{ a }}", "{% with a = 1, b = n %}{{ a }}{{ b }}{% set a = 5 %}{% endwith %}{{ a is defined }}", "{% with %}{% set z = 3 %}{{ z }}{% endwith %}{{ z }}", "{% filter upper %}abc{{ s }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}aaa{% endfilter %}",
  "{% macro f(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}|{{ f(1, 3) }}|{{ f(1, c=5) }}|{{ f(b=9, a=8) }}", "{% macro f(a) %}[{{ a }}]{% endmacro %}{{ f() }}", "{% macro f(a) %}{{ a.x }}{% endmacro %}{{ f() }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(z=2) }}", "{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}", "{% macro f(a) %}{{ n }}{% set n = 9 %}{{ n }}{% endmacro %}{{ f() }}{{ n }}", "{% macro f() %}{{ later }}{% endmacro %}{% set later = 'x' %}{{ f() }}", "{% macro f(i) %}{{ i }}{% if i > 0 %}{{ f(i - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro f() %} x {% endmacro %}{{ f()|trim }}", "{% macro f() %}{{ caller() }}!{% endmacro %}{% call f() %}body {{ n }}{% endcall %}", "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}+{{ b }}{% endcall %}", "{% macro f() %}x{% endmacro %}{% call f() %}y{% endcall %}", "{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}", "{% for i in l %}{% macro g() %}{{ i }}{% endmacro %}{{ g() }}{% endfor %}{{ g is defined }}", "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(*[1]) }}{{ f(**{'x': 2}) }}", "{% macro f(a, a2='d') -%}\n  {{ a }}\n{%- endmacro %}<{{ f('q') }}>", "{{ f(1) }}{% macro f(x) %}{{ x }}{% endmacro %}",
  "a\n{% if true %}\nb\n{% endif %}\nc\n", "a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  {%+ if true %}\n  b\n  {% endif +%}\nc", "a  {% if true %}  b  {% endif %}  c", "a  {%- if true -%}  b  {%- endif -%}  c", "a\n\n{%- if true %}\n\nb{% endif %}", "a\n  {{ n }}\n  b", "a\n  {{- n -}}\n  b", "a {# c #} b", "a\n  {# c #}\nb", "a\n  {#- c -#}\nb", "a\n{# c\n d #}\n\nb", "{# {{ x }} {% if %} #}z", "{% raw %}{{ x }}{% if %}{% endraw %}", "a\n  {% raw %}\n  {{ x }}\n  {% endraw %}\nb", "a {%- raw -%}  {{ x }}  {%- endraw -%} b", "x\r\ny\rz\n", "x\n\n", "\n{% if true %}\n\nx{% endif %}", "{{ '{{' }}{{ '}}' }}{{ '%}' }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ {'a':{'b':1}} }}", "{%if true%}x{%endif%}", "{% if true -%}\n x\n{%- endif %}", "  {% set a = 1 %}  \n{{ a }}", "  {%- set a = 1 -%}  \n{{ a }}", "a{% set b = 1 %}\n\nc", "\t {% if true %}x{% endif %}\t", "{{ 1 -}}  \n x", "x \n {{- 1 }}", "{{\n1\n}}", "{{ 1 }}\n{{ 2 }}\n", "a{#- -#} b", "{% if true %}{# x #}\n{% endif %}y", "  {# a #}  {# b #}\nz", "  {{ 1 }}  {% if true %}\nx{% endif %}", "{% for i in [1,2] %}\n  {{ i }}\n{% endfor %}\n",
  "{% generation %}\nabc{{ n }}{% endgeneration %}", "{% set z = 1 %}{% generation %}{% set z = 2 %}{{ z }}{% endgeneration %}{{ z }}", "{% block a %}x{{ n }}{% endblock %}", "{% block a %}x{% endblock a %}", "{% autoescape false %}<{{ '<' }}{% endautoescape %}", "{% print 1, 2 %}", "{{ strftime_now('%Y-%m-%d %H:%M:%S %B %b %A %a %j %p %I %y %% %-d %e %U %w %f') }}", "{{ strftime_now('%d %b %Y') }}", "{{ raise_exception('No ' ~ n) }}", "{{ raise_exception() }}", "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}", "{% set j = joiner('|') %}{{ j() }}a{{ j() }}b", "{{ dict(a=1, b=2) }}", "{{ dict([['a', 1]]) }}", "{{ dict({'a': 1}, b=3) }}", "{{ range(100001) }}", "{{ range(0) }}", "{{ range() }}", "{{ nosuch() }}", "{{ n() }}", "{{ d.a() }}", "x",
  "{% set x = messages|selectattr('role', 'equalto', 'user')|list %}{{ x[-1].content }}", "{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }} {% endfor %}", "{% for m in messages[::-1] %}{{ m.role }} {% endfor %}", "{{ messages[0]['content'].strip() ~ '|' }}", "{{ messages[4].content.split('</think>')[-1].lstrip('\\n') }}", "{% if '</think>' in messages[4].content %}{{ messages[4].content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}{% endif %}", "{% for p in messages[3].content %}{% if p.type == 'text' %}{{ p.text }}{% elif p['type'] == 'image' %}<img>{% endif %}{% endfor %}", "{{ messages[3].content|selectattr('type', 'equalto', 'text')|map(attribute='text')|join(' ') }}", "{% for m in messages %}{{ m.content is string }}{{ m.content is none }}{{ m.content is iterable }} {% endfor %}", "{{ 'tool_calls' in messages[2] }}{{ messages[2].tool_calls is defined }}{{ messages[1].tool_calls is defined }}", "{{ (messages|last).content[:7] }}", "{{ messages[2].tool_calls[0].function.arguments|items|list|length }}", "{{ tools is none }}{{ tools is defined }}{{ documents is defined }}{{ add_generation_prompt }}", "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{{ ns.last }}", "{% set loop_messages = messages[1:] %}{% for m in loop_messages %}{{ m.role[0] }}{% endfor %}", "{%- set ns = namespace(multi=true, last=messages|length - 1) %}{%- for m in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{{ index }}{%- endfor %}",
  "{% for i in range(3) -%}\n{{ i }}\n{%- endfor %}", "{% set x = [] %}{% set x = x + [1] %}{{ x }}", "{% set messages = messages[1:] %}{{ messages|length }}", "{% for i in l %}{% set l = [] %}{{ i }}{{ l }}{% endfor %}", "{{ [1, 2, 3,] }}", "{{ {'a': 1,} }}", "{{ (1, 2,) }}", "{{ 1, 2 }}", "{{ f(1,) if false else 'ok' }}", "{{ 'a' if false }}", "{{ ['a' if true else 'b', 'c'] }}", "{{ -1 if true else 1 }}", "{{ not true == false }}", "{{ 1 in [1] and 2 in [2] }}", "{{ 'a' ~ ('b' if true else 'c') ~ 'd' }}", "{{ x.y.z if x.y is defined else 'none' }}", "{{ l|length > 2 and l[0] == 3 }}", "{{ l | length - 1 }}", "{{ 2 * l|length }}", "{{ -l|length }}", "{{ 'a'|upper ~ 'b' }}", "{{ ('a' ~ 'b')|upper }}", "{{ true and 'x' or 'y' }}", "{{ True }}{{ False }}{{ None }}", "{{ n == 7 is true }}", "{{ 'x' * 3 ~ 1 }}", "{{ d.a + d['b'] }}", "{{ d['a' ~ ''] }}", "{{ [[1, 2], [3, 4]][1][0] }}", "{{ 'abc'.upper().lower().title()[0] }}", "{{ (1, 2)[0] }}", "{{ {'k': [1, {'z': 'deep'}]}.k[1].z }}", "{{ 'a,b'.split(',')[1] }}", "{{ 'A' if 'a' is lower else 'B' }}", "{{ 1.5 is number and 1.5 is not integer }}", "{{ 10 // 3 * 3 + 10 % 3 }}")
# What is none, false or 0 has nothing to choose from.
t("{{ none|selectattr('a')|list }}", "{{ none|select|list|length }}", "{{ false|reject('odd')|list }}", "{{ 0|map('upper')|list }}", "{{ tools|rejectattr('type', 'equalto', 'x')|list }}", "{{ 5|select|list }}", "{{ none|map(attribute='a')|list }}", "{{ range(0)|map('string')|list }}", "{{ 'a\\tb\\n\\tc'.expandtabs(4) }}", "{{ 'ab\\tc'.expandtabs() }}|", "{{ 'a\\tb'.expandtabs(0) }}", "{{ 'a\\tb'.expandtabs(-1) }}")
# What is refused.
t("{% if %}", "{% if true %}", "{% endif %}", "{% for i in %}{% endfor %}", "{% for %}{% endfor %}", "{{ }}", "{{ 1 + }}", "{{ 'a }}", "{{ (1 }}", "{{ 1) }}", "{{ [1, 2 }}", "{% nosuch %}", "{% do 1 %}", "{% break %}", "{% include 'x' %}", "{% extends 'x' %}", "{{ a b }}", "{{ a..b }}", "{{ | upper }}", "{{ 'x' | }}", "{% set 1 = 2 %}", "{% set x %}", "{% macro f %}{% endmacro %}", "{% macro f(a=1, b) %}{% endmacro %}", "{{ f(a=1, 2) }}", "{{ x is }}", "{# open", "{% raw %}x", "{{ 1", "{% if true", "{{ ! }}", "{{ a ? b }}", "{% else %}", "{% if true %}{% else %}{% else %}{% endif %}", "{{ 'x'|nosuch }}", "{{ 1 is nosuch }}", "{% if false %}{{ 'x'|nosuch }}{% endif %}ok", "{{ ('x'|nosuch) if false else 'ok' }}", "{% call 1 %}{% endcall %}", "{{ {1: 2, } }}", "{{ {[]: 1} }}", "{{ a = 1 }}", "{% set true = 1 %}")

# Markup: what is added to HTML is escaped.
for markup in ["'<b>'|safe", "'<'|e", "('a<' ~ 'b')|e|upper"]:
    e(*(f"({markup}){rest}" for rest in [" + '<i>'", "|string + '&'", "|e", "|forceescape", "|upper", "|title + '<'", "|trim + '<'", "|replace('b', '<') + '<'", "|center(9) + '<'", "|indent(first=true) + '<'", "|truncate(2, true, '<', 0)", "|reverse + '<'", "|first + '<'", "|last + '<'", "|list", " is escaped", " is string", " is sameas '<b>'", " == '<b>'", " ~ '<'", " * 2 + '<'", "[0] + '<'", "[1:] + '<'", ".upper() + '<'", ".split('b')", ".replace('b', '<')", ".join(['<', 1])", ".partition('b')", ".splitlines()", ".strip('<') + '<'", "|tojson", "|length", "|wordcount", "|default('x') + '<'", "|striptags", "|urlencode", " in ['<b>']", ".find('b')"]),
      f"'<' + ({markup})", f"'%s' % ({markup})", f"'{{}}'.format({markup})", f"[{markup}]", f"{{'a': {markup}}}|tojson", f"['<', {markup}]|join('<')", f"','.join(['<', {markup}])", f"('<', {markup})|map('e')|list", f"'<i>' if ({markup}) is escaped else 'x'")
e("'<%s>'|safe % '&'", "'<%s %s>'|safe % ('&', '<'|e)", "'<%(a)s>'|safe % {'a': '&'}", "'<%d %r>'|safe % (3, '<')", "'<{}>'|safe|string ~ '&'", "('<{} {a}>'|safe).format('&', a='<'|e)", "('<{:5}|>'|safe).format('&')", "'<%s>'|safe|format('&')", "'<p>a &lt; b &#65;&#x42; &nbsp;c &unknown; &</p>'|striptags", "'<!-- <a> --> x <b'|striptags", "'a < b'|striptags",
  "{'a': 1, 'b': none, 'c': '<\"', 'd': undefined1}|xmlattr", "{'a': 1}|xmlattr(false)", "{}|xmlattr", "{'a b': 1}|xmlattr", "{'a>': 1}|xmlattr", "'x'|xmlattr", "{'a': '<'|safe}|xmlattr",
  "'aaa bbb ccc'|wordwrap(7)", "'aaa bbb  ccc'|wordwrap(3)", "'aaaaaaaaaa bb'|wordwrap(4)", "'aaaaaaaaaa bb'|wordwrap(4, false)", "'aa bb\n\n cc dd'|wordwrap(4, wrapstring='|')", "'well-known co-operation'|wordwrap(6)", "'well-known co-operation'|wordwrap(6, break_on_hyphens=false)", "'a--b c---d'|wordwrap(3)", "'x-1 1-x a-b-c'|wordwrap(2)", "'   a   '|wordwrap(2) ~ '|'", "''|wordwrap", "'a'|wordwrap(0)", "'a\tb\u00a0c d'|wordwrap(3)", "'-- --a a-'|wordwrap(1)", "'--foo-bar-baz-'|wordwrap(5)",
  "'abcabc'.rindex('b')", "'abc'.rindex('z')", "'abcabc'.rfind('b', 0, 3)", "'abcabc'.count('b', 2)", "'abc'.count('', 1)", "'{a}{b[0]}'.format_map({'a': 1, 'b': [2]})", "'{z}'.format_map({})", "'ﬁ ß İ ı ς Ꭰ ΐ'.casefold()",
  "{'a b': 'c&d', 'e': [1, 2]}|urlencode", "[('a', 1), ('b/', '?')]|urlencode", "[1]|urlencode", "5|urlencode", "2.0 is even", "2.5 is odd", "3.0 is odd", "7.5 is divisibleby 2.5", "none is odd", "l|truncate(5)", "n|truncate", "(-0.4)|round(0, 'ceil')", "(-0.0)|round(1, 'floor')", "(-0.4)|round")
t("{% autoescape false %}{{ '<' }}{% endautoescape %}", "{% set a %}<{{ '<' }}{% endset %}{{ a is escaped }}{{ a + '<' }}", "{% macro f(x) %}<{{ x + '<' }}{% endmacro %}{{ f('&'|safe) }}{{ f('a') is escaped }}", "{% filter e %}<b>{% endfilter %}", "{% for c in 'ab'|safe %}{{ c + '<' }}{% endfor %}", "{% set ns = namespace(a='<'|e) %}{{ ns.a + '<' }}")


def main():
    env = environment()
    cases = []
    seed, count = (int(word) for word in sys.argv[1:3] or (20261121, 150))
    # Jinja folds constants with a compiler that warns of what fails.
    warnings.simplefilter("ignore")
    chance = random.Random(seed)
    unfolded = environment(optimized=False)
    for _ in range(count):
        expression = random_templates.expression(chance)
        T.append("{{ " + expression + " }}")
        # A slice of a number is an error, but undefined where both are constants: nothing that a template relies on.
        try:
            unfolded.from_string("{% set x = " + expression + " %}").render(messages=copy.deepcopy(MESSAGES), **copy.deepcopy(VARS))
        except TypeError as error:
            if "subscriptable" in str(error) or "slice" in str(error):
                T.pop()
        except Exception:  # noqa: BLE001
            pass
        T.append(random_templates.template(chance))
    for source in dict.fromkeys(T):
        # Some filters change the lists that they are given.
        variables = copy.deepcopy(VARS)
        case = {"template": source}
        try:
            case["expected"] = env.from_string(source).render(
                messages=copy.deepcopy(MESSAGES), tools=None, documents=None, add_generation_prompt=True, **variables)
            if " at 0x" in case["expected"]:
                continue
        except jinja2.exceptions.TemplateSyntaxError as error:
            case["fails"] = "syntax"
            case["line"] = error.lineno
        except Exception as error:  # noqa: BLE001
            case["fails"] = "raised" if type(error) is jinja2.exceptions.TemplateError else "evaluation"
            case["message"] = str(error)
        cases.append(case)
    result = {"now": NOW.isoformat(), "messages": MESSAGES, "vars": VARS, "cases": cases}
    path = Path(__file__).with_name("chat-template-cases.json")
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(len(cases), "cases,", sum("fails" in c for c in cases), "of them failures")


main()
