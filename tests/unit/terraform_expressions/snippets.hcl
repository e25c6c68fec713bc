a = 1
a = 1 + 2
a = [1, 2,]
a = [1, 2,,]
a = [,]
a = {,}
a = {a=1,}
a = {a=1,,}
a = {a=1 b=2}
a = {a:1,b:2}
a = {a=1¶,b=2}
a = {a=1,¶b=2}
a = {a¶=1}
a = {a=¶1}
a = [1¶,2¶]
a = [1 2]
a = (1¶+¶2)
a = 1 +¶2
a = 1¶+ 2
a = true ? 1 : 2
a = true ?¶1 : 2
a = (true ?¶1 :¶2)
a = true ? 1
a = "a" "b"
a = 1 b = 2
a=1;b=2
a { b = 1 }
a { b = 1¶}
a {¶ b = 1 }
a { b = 1, c = 2 }
a { b = 1¶ c = 2 }
a { b {} }
a { b { c = 1 } }
a {}
a {¶}
a { }
a¶{ }
a "b" c {}
a b "c" {}
a "b"¶{}
a "${b}" {}
a "b\"c" {}
a {} b {}
a { b = 1 } c {}
a {} # x
a {} /* x */
a {} /* x¶ */ b = 1
a = 1 /* x */
a = 1 /* x¶*/
a = /* x */ 1
a = 1 // c
a = 1 # c
a = 1e5
a = 1E+5
a = 1e-5
a = 1.5
a = 1.
a = .5
a = 0x10
a = 007
a = 1_000
a = -1
a = - 1
a = --1
a = !true
a = !!true
a = ! true
a = +1
a = "x"
a = 'x'
a = "x¶y"
a = "\n\t\r\"\\"
a = "\u00e9\U0001F600"
a = "\x41"
a = "\u12"
a = "$"
a = "$$"
a = "$${x}"
a = "%%{x}"
a = "$$${1}"
a = "$$$${1}"
a = "${1}"
a = "${ 1 }"
a = "${¶1¶}"
a = "${"x"}"
a = "${"${"x"}"}"
a = "a${1}b${2}c"
a = "${1"
a = "${}"
a = "${1}}"
a = "%{if true}x%{endif}"
a = "%{ if true }x%{ else }y%{ endif }"
a = "%{ if true }x"
a = "%{ endif }"
a = "%{ for x in [1] }${x}%{ endfor }"
a = "%{ for x, y in [1] }${x}%{ endfor }"
a = "%{ foo }"
a = "%{ if true }%{ else }%{ else }%{ endif }"
a = "  ${~ 1 ~}  x"
a = <<E¶x¶E¶
a = <<E¶x¶E
a = <<E¶x¶ E¶
a = <<E¶x¶E ¶
a = <<E ¶x¶E¶
a = <<-E¶   x¶     y¶   E¶
a = <<-E¶   x¶¶     y¶   E¶
a = <<-E¶   x¶  ¶     y¶   E¶
a = <<-E¶	x¶	  y¶E¶
a = <<-E¶  ${1}¶    y¶E¶
a = <<-E¶${1}¶    y¶E¶
a = <<-E¶  %{ if true }¶    y¶  %{ endif }¶E¶
a = <<E¶${1}¶E¶
a = <<E¶a\nb $${c} "q"¶E¶
a = <<E¶%{ if true ~}¶ x¶%{ endif ~}¶E¶
a = <<E¶  %{~ if true ~}¶¶   x¶%{~ endif ~}¶y¶E¶
a = <<E¶${"E"}¶E¶
a = <<E¶${<<F¶x¶F¶}¶E¶
a = <<E¶E¶
a = <<E¶¶E¶
a = <<-E¶E¶
a = <<"E"¶x¶E¶
a = <<E-F¶x¶E-F¶
a = [<<E¶x¶E¶, 1]
a = [<<E¶x¶E¶]
a = {b = <<E¶x¶E¶}
a = [for x in [1]: x]
a = [for x in [1] : x if x > 0]
a = [for x, y in [1] : x]
a = [for x in [1] x]
a = [for x in [1] : x => 1]
a = {for x in ["a"] : x => 1}
a = {for x in ["a"] : x => 1...}
a = {for x in ["a"] : x => 1 if true}
a = {for x in ["a"] : x}
a = {for = 1}
a = [for]
a = {"a" = 1}
a = {"a${1}" = 1}
a = {(1) = 1}
a = {1 = 1}
a = {a.b = 1}
a = {true = 1, false = 2}
a = {a = 1}["a"]
a = {a = 1}.a
a = [1][0]
a = [[1,2]][0][1]
a = [[1,2]].0.1
a = [[1,2]][0].1
a = [1].0
a = [1][*]
a = [{b=1}][*].b
a = [{b=1}].*.b
a = [{b=[1]}][*].b[0]
a = [{b=[1]}].*.b[0]
a = [[{b=1}]][*][0].b
a = [[{b=1}]][*][*].b
a = [[1]].*.*
a = [1].*.
a = [1].
a = [1][
a = upper("x")
a = upper ("x")
a = upper(¶"x"¶)
a = upper(¶"x",¶)
a = max([1,2]...)
a = max([1,2]...,)
a = max([1,2]... , 3)
a = max(1,,2)
a = max(,)
a = f::g("x")
a = f:: g("x")
a = true && false || true
a = 1 < 2 == true
a = 1 == 1 == true
a = 1 + 2 * 3 - 4 / 2 % 3
a = 10 - 2 - 3
a = 2 * (3 + 4)
a = -2 * 3
a = !false && true
a = 1 < 2 && 3 > 2
a = 1 <= 2 != false
a = 1 ? 2 : 3
a = true ? false ? 1 : 2 : 3
a = true ? 1 : false ? 2 : 3
a = é
é = 1
a-b = 1
a_b = 1
_a = 1
1a = 1
-a = 1
a.b = 1
a[0] = 1
"a" = 1
a == 1
a =
a
= 1
{}
a = 1 }
}
a {
a = [
a = (
a = "
a = foo.bar
a = foo.bar[0].baz
a = foo["bar"]
a = foo.0.bar
a = foo.*.bar
a = foo[*].bar.*.baz
a = foo. bar
a = foo .bar
a = foo¶.bar
a = (foo¶.bar)
a = foo[¶0¶]
a = 1 .a
a = "x".y
a = null
a = nullx
a = true.x
a = 1 @ 2
a = 1 & 2
a = 1 | 2
a = ~1
a = ${1}
a = 1 = 2
a := 1
a => 1
a = [1 ... 2]
/* unclosed
# only comment
// c
/* a */ b = 1
a = 1 /* x */ /* y */ # z
a "x" { /* c */ }
a "x" { # c¶}
a = 1¶a = 2
a = "${1}${2}"
a = "${true ? "x" : "y"}"
a = "%{ if true }${1}%{ endif }z"
a = "\${x}"
a = "%"
a = "100%"
a = "%%"
a = "${~1~}"
a = " ${~ 1} "
a = "a	b"
a = 9007199254740993
a = 0.1
a = 100000000000000000000000
a = 1e400
a = 1.0
a = 1.50
a = [1.0, 2.50]
a = {b = 1.10}
a = "${1.0}"
a = tolist
a = {a = 1¶}
a = {¶¶a = 1¶¶¶b = 2¶}
a = {¶a = 1 # c¶b = 2 // d¶}
a = {¶a = 1, # c¶b = 2¶}
a = {¶/* x */ a = 1 /* y */, b = 2¶}
a = {# c¶a = 1}
a = [# c¶1]
a = [¶# c¶1, # d¶2 # e¶]
a = {a = {b = {c = 1}}}
a = {a = [1, {b = 2}]}
a = { a = 1, b = a }
a = {"a": 1, "b": "c"}
a = {"a" : 1¶"b" : 2}
a = { if = 1 }
a = { in = 1 }
a = { a = b ? c : d }
a = { a ? b : c = 1}
a = { -1 = 2 }
a = { !true = 2 }
a = { "a" == "b" = 2 }
a = { [1] = 2 }
a = {a=1}¶b = {c=2}
