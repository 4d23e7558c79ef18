/// How `report.html` looks, by day and by night.
enum ReportStyle {
    static let css = """
        :root{--ink:#1c2530;--soft:#5d6b7a;--faint:#dfe5ec;--paper:#fff;--ground:#f4f6f9;--subject:#2563eb;--base:#8a97a6;
        --baseline:#d97b10;--good:#15803d;--bad:#c2352b}
        @media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa8b8;--faint:#2c3642;--paper:#161d26;
        --ground:#0e141b;--subject:#6b9bff;--base:#7d8a99;--baseline:#f0a94a;--good:#4ade80;--bad:#f87171}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:1060px;margin:0 auto;padding:32px 20px 64px}
        header{display:flex;justify-content:space-between;align-items:flex-start;gap:20px;margin-bottom:18px}
        h1{margin:0;font-size:30px;line-height:1.2;letter-spacing:-.01em}
        h2{margin:0 0 4px;font-size:18px}
        .kicker{margin:0;color:var(--soft);text-transform:uppercase;letter-spacing:.08em;font-size:12px}
        .lead{margin:2px 0 14px;color:var(--soft)}
        section{background:var(--paper);border:1px solid var(--faint);border-radius:12px;padding:22px 24px;margin-top:18px}
        .verdict{padding:7px 16px;border-radius:999px;font-weight:600;white-space:nowrap;border:1.5px solid currentColor}
        .verdict.passed{color:var(--good)}.verdict.failed{color:var(--bad)}.verdict.none{color:var(--soft)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px}
        .tile{background:var(--paper);border:1px solid var(--faint);border-radius:12px;padding:16px 18px}
        .tile p{margin:0}.tile-name{color:var(--soft)}
        .tile-value{font-size:30px;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
        .tile-note,.range{color:var(--soft);font-size:12.5px}.range{margin-left:4px;white-space:nowrap}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin-top:8px}
        th,td{text-align:left;padding:7px 14px 7px 0;border-bottom:1px solid var(--faint);vertical-align:baseline}
        thead th{color:var(--soft);font-weight:500;font-size:13px}
        th[scope=row]{font-weight:550}
        tr:last-child>*{border-bottom:0}thead tr:last-child>*{border-bottom:1px solid var(--faint)}
        .gate .passed td:first-child{color:var(--good);font-weight:700}
        .gate .failed td:first-child,.gate .failed td:nth-child(3){color:var(--bad);font-weight:700}
        .key{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:8px;background:var(--soft)}
        .key.subject{background:var(--subject)}.key.base{background:var(--base)}.key.baseline{background:var(--baseline)}
        .legend{margin:0 9px}
        .pair{display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start}
        figure{margin:0;min-width:0}figcaption{color:var(--soft);text-align:center;font-size:13px}
        .scroll{overflow-x:auto}
        ul{padding-left:20px;margin:10px 0}.columns{columns:2;column-gap:32px}
        .meter{display:inline-block;width:90px;height:7px;border-radius:4px;background:var(--faint);margin-right:10px;
        overflow:hidden}
        .meter span{display:block;height:100%;background:var(--subject)}
        summary{cursor:pointer;color:var(--soft)}
        code{font:12.5px ui-monospace,SFMono-Regular,Menlo,monospace;word-break:break-all}
        svg{max-width:100%;height:auto;display:block}
        svg text{fill:var(--soft);font-size:12px}
        svg text.name{fill:var(--ink);font-size:13px}
        svg text.value{fill:var(--ink);font-size:13px;font-weight:600}
        svg text.count{fill:var(--ink);font-size:11px}
        svg text.tiny{font-size:7.5px}svg text.inside{fill:#fff;font-weight:600;font-size:11px}
        .grid{stroke:var(--faint)}.axis{stroke:var(--soft)}
        .diagonal{stroke:var(--soft);stroke-dasharray:4 4}
        .whisker{stroke-width:2}.span{stroke:var(--ink);stroke-width:1.5}
        .whisker.subject,.curve.subject{stroke:var(--subject)}.whisker.base,.curve.base{stroke:var(--base)}
        .whisker.baseline,.curve.baseline{stroke:var(--baseline)}
        .dot.subject{fill:var(--subject)}.dot.base{fill:var(--base)}.dot.baseline{fill:var(--baseline)}
        .dot{stroke:var(--paper);stroke-width:2}
        .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}
        .bar.subject{fill:var(--subject);fill-opacity:.8}.bar.muted{fill:var(--base);fill-opacity:.55}
        .gap{fill:var(--bad);fill-opacity:.28}
        .stripe{fill:var(--ground)}.plain{fill:none}
        .right{fill:var(--subject)}.wrong{fill:var(--bad)}
        @media print{body{background:#fff}section,.tile{break-inside:avoid}}
        """
}
