/**
 * Completion for PowerShell: Windows PowerShell 5.1 and PowerShell 7.
 *
 * @module
 */
import type { Offer, OfferedCommand, OfferedOption, OfferedProgram } from "./words.ts";

/**
 * Makes the script for PowerShell.
 *
 * @param program what can be typed
 * @returns the script
 */
export function powershellCompletions({ name, options, commands }: OfferedProgram): string {
  return `# Completion of ${name} for PowerShell, as made by: ${name} completions powershell

Register-ArgumentCompleter -Native -CommandName ${quote(name)} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
${[{ name: "", summary: "", options, operands: [] }, ...commands].map(commandEntry).join("\n")}
    }

    $command = ''
    $place = 0
    $isEnded = $false
    $offer = $null
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim([char[]]@([char]34, [char]39)) })
    foreach ($word in $before) {
        if ($offer -eq 'optional' -and $word.StartsWith('-')) { $offer = $null }
        if ($null -ne $offer) {
            $offer = $null
        } elseif (-not $isEnded -and $word -eq '--') {
            $isEnded = $true
        } elseif (-not $isEnded -and $word.StartsWith('-') -and $word.Length -gt 1) {
            if ($commands.Contains($command)) {
                $known = $commands[$command].Options | Where-Object { $_.Name -ceq $word }
                if ($known) { $offer = $known.Value }
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
    if ($offer -eq 'optional' -and $typed.StartsWith('-')) { $offer = $null }
    if ($null -eq $offer -and -not $isEnded -and $typed -match '^(--[\\w-]+)=(.*)$') {
        $prefix = $Matches[1] + '='
        $typed = $Matches[2]
        $known = $commands[$command].Options | Where-Object { $prefix -ceq ($_.Name + '=') }
        $offer = if ($known -and $null -ne $known.Value) { $known.Value } else { 'nothing' }
    }
    if ($null -eq $offer -and $typed.StartsWith('-') -and -not $isEnded) {
        $commands[$command].Options | Where-Object { $_.Name.StartsWith($typed) } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_.Name, $_.Name, 'ParameterName', $_.Help)
        }
        return
    }
    if ($null -eq $offer -and $command -eq '') {
        $commands.GetEnumerator() | Where-Object { $_.Key -ne '' -and $_.Key.StartsWith($typed) } |
            ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'Command', $_.Value.Summary)
            }
        return
    }
    if ($null -eq $offer) {
        $operands = @($commands[$command].Operands)
        if ($place -lt $operands.Count) { $offer = $operands[$place].Offer }
        elseif ($commands[$command].IsVariadic) { $offer = $operands[-1].Offer }
    }
    if ($offer -is [array]) {
        $offer | Where-Object { $_.StartsWith($typed) } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($prefix + $_, $_, 'ParameterValue', $_)
        }
        return
    }
    # Where nothing is written PowerShell goes on to offer files; a null keeps it from that.
    if ('file', 'directory', 'program' -notcontains $offer) { return $null }
}
`;
}

function commandEntry({ name, summary, options, operands }: OfferedCommand): string {
  const offers = operands.map(({ offer }) => `@{ Offer = ${offerText(offer)} }`);
  return `        ${quote(name)} = @{
            Summary = ${quote(summary)}
            Options = @(
${options.flatMap(optionEntries).join("\n")}
            )
            Operands = @(${offers.join(", ")})
            IsVariadic = $${operands.at(-1)?.isVariadic ?? false}
        }`;
}

function optionEntries({ names, help, value }: OfferedOption): string[] {
  const offer = value === undefined
    ? "$null"
    : value.isOptional
    ? quote("optional")
    : offerText(value.offer);
  return names.map((name) =>
    `                @{ Name = ${quote(name)}; Help = ${quote(help)}; Value = ${offer} }`
  );
}

function offerText(offer: Offer): string {
  return typeof offer === "string" ? quote(offer) : `@(${offer.map(quote).join(", ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
