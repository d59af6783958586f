/**
 * Completion for PowerShell: Windows PowerShell 5.1 and PowerShell 7.
 *
 * @module
 */
import type { Completer, CompletionCommand, CompletionOption, CompletionProgram } from "./words.ts";

/** The script for PowerShell. */
export function powershellCompletions({ name, options, commands }: CompletionProgram): string {
  return `# Completion of ${name} for PowerShell, as made by: ${name} completions powershell

Register-ArgumentCompleter -Native -CommandName ${quote(name)} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
${[{ name: "", summary: "", options, operands: [] }, ...commands].map(commandEntry).join("\n")}
    }

    $command = ''
    $place = 0
    $isEnded = $false
    $completer = $null
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim([char[]]@([char]34, [char]39)) })
    foreach ($word in $before) {
        if ($completer -eq 'optional' -and $word.StartsWith('-')) { $completer = $null }
        if ($null -ne $completer) {
            $completer = $null
        } elseif (-not $isEnded -and $word -eq '--') {
            $isEnded = $true
        } elseif (-not $isEnded -and $word.StartsWith('-') -and $word.Length -gt 1) {
            if ($commands.Contains($command)) {
                $known = $commands[$command].Options | Where-Object { $_.Name -ceq $word }
                if ($known) { $completer = $known.Value }
            }
        } elseif ($command -eq '') {
            $command = $word
        } else {
            $place++
        }
    }
    if (-not $commands.Contains($command)) { return $null }

    $typed = $wordToComplete
    $prefix = ''
    if ($completer -eq 'optional' -and $typed.StartsWith('-')) { $completer = $null }
    if ($null -eq $completer -and -not $isEnded -and $typed -match '^(--[\\w-]+)=(.*)$') {
        $prefix = $Matches[1] + '='
        $typed = $Matches[2]
        $known = $commands[$command].Options | Where-Object { $prefix -ceq ($_.Name + '=') }
        $completer = if ($known -and $null -ne $known.Value) { $known.Value } else { 'nothing' }
    }
    if ($null -eq $completer -and $typed.StartsWith('-') -and -not $isEnded) {
        $commands[$command].Options | Where-Object { $_.Name.StartsWith($typed) } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_.Name, $_.Name, 'ParameterName', $_.Help)
        }
        return
    }
    if ($null -eq $completer -and $command -eq '') {
        $commands.GetEnumerator() | Where-Object { $_.Key -ne '' -and $_.Key.StartsWith($typed) } |
            ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'Command', $_.Value.Summary)
            }
        return
    }
    if ($null -eq $completer) {
        $operands = @($commands[$command].Operands)
        if ($place -lt $operands.Count) { $completer = $operands[$place].Completer }
        elseif ($commands[$command].IsVariadic) { $completer = $operands[-1].Completer }
    }
    if ($completer -is [array]) {
        $completer | Where-Object { $_.StartsWith($typed) } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($prefix + $_, $_, 'ParameterValue', $_)
        }
        return
    }
    # Without any output PowerShell goes on to complete files; a null prevents that.
    if ('file', 'directory', 'program' -notcontains $completer) { return $null }
}
`;
}

function commandEntry({ name, summary, options, operands }: CompletionCommand): string {
  const completers = operands.map(({ completer }) =>
    `@{ Completer = ${completerText(completer)} }`
  );
  return `        ${quote(name)} = @{
            Summary = ${quote(summary)}
            Options = @(
${options.flatMap(optionEntries).join("\n")}
            )
            Operands = @(${completers.join(", ")})
            IsVariadic = $${operands.at(-1)?.isVariadic ?? false}
        }`;
}

function optionEntries({ names, help, value }: CompletionOption): string[] {
  const completer = value === undefined
    ? "$null"
    : value.isOptional
    ? quote("optional")
    : completerText(value.completer);
  return names.map((name) =>
    `                @{ Name = ${quote(name)}; Help = ${quote(help)}; Value = ${completer} }`
  );
}

function completerText(completer: Completer): string {
  return typeof completer === "string" ? quote(completer) : `@(${completer.map(quote).join(", ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
